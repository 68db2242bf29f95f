import { concatBytes, equalSecretBytes } from "../bytes.ts";
import { CryptoError, expectBytes } from "../crypto-error.ts";
import { hmacSm3 } from "../hmac-sm3.ts";
import { kdfSm3 } from "../kdf-sm3.ts";
import { counterMode, withKey } from "./cipher.ts";

const TAG_BYTES = 32;
const NO_BYTES: Uint8Array = new Uint8Array(0);

interface SplitKey {
  readonly cipherKey: Uint8Array;
  readonly macKey: Uint8Array;
}

function splitKey(key: Uint8Array): SplitKey {
  expectBytes(key, "key", 32);
  const bytes = kdfSm3(key, 16 + 32);
  return { cipherKey: bytes.subarray(0, 16), macKey: bytes.subarray(16) };
}

/** Counter mode from nonce ‖ 0 on; its own inverse. */
function cipher(cipherKey: Uint8Array, nonce: Uint8Array, bytes: Uint8Array): Uint8Array {
  const counter = new Uint8Array(16);
  counter.set(nonce);
  return withKey(cipherKey, bytes.length, (kernel) => {
    const out = new Uint8Array(bytes.length);
    counterMode(kernel, counter, 32, bytes, out);
    return out;
  });
}

/** The lengths in front keep aad and ciphertext apart. */
function authenticationTag(
  macKey: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  const lengths = new Uint8Array(16);
  const view = new DataView(lengths.buffer);
  view.setBigUint64(0, BigInt(aad.length));
  view.setBigUint64(8, BigInt(ciphertext.length));
  return hmacSm3(macKey, lengths, nonce, aad, ciphertext);
}

/**
 * Ciphertext ‖ tag (32 bytes).
 * @param key 32 bytes; cipher and tag keys are derived from it
 * @param nonce 12 bytes, never twice under one key
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`
 */
function seal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array = NO_BYTES,
): Uint8Array {
  expectBytes(nonce, "nonce", 12);
  expectBytes(plaintext, "plaintext");
  expectBytes(aad, "aad");
  const { cipherKey, macKey } = splitKey(key);
  const ciphertext = cipher(cipherKey, nonce, plaintext);
  const sealed = concatBytes(ciphertext, authenticationTag(macKey, nonce, aad, ciphertext));
  cipherKey.fill(0);
  macKey.fill(0);
  return sealed;
}

/**
 * The plaintext of what `seal` made.
 * @throws {CryptoError} `crypto/authentication-failed` before any plaintext is made;
 * `crypto/bad-type`, `crypto/bad-length` for key and nonce
 */
function open(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array = NO_BYTES,
): Uint8Array {
  expectBytes(nonce, "nonce", 12);
  expectBytes(sealed, "sealed");
  expectBytes(aad, "aad");
  const { cipherKey, macKey } = splitKey(key);
  const split = sealed.length - TAG_BYTES;
  if (split < 0) throw new CryptoError({ code: "crypto/authentication-failed" });
  const ciphertext = sealed.subarray(0, split);
  const tag = authenticationTag(macKey, nonce, aad, ciphertext);
  if (!equalSecretBytes(tag, sealed.subarray(split))) {
    throw new CryptoError({ code: "crypto/authentication-failed" });
  }
  const plaintext = cipher(cipherKey, nonce, ciphertext);
  cipherKey.fill(0);
  macKey.fill(0);
  return plaintext;
}

/**
 * SM4 in counter mode, then HMAC-SM3 over lengths, nonce, associated data and ciphertext. A tag of 256 bits,
 * and a repeated nonce costs secrecy of the two messages only, not the authentication key.
 */
export const sm4CtrHmac: { readonly seal: typeof seal; readonly open: typeof open } = {
  seal,
  open,
};
