import { concatBytes, equalSecretBytes } from "../bytes.ts";
import { CryptoError, expectBytes } from "../crypto-error.ts";
import { cipherWords, expandKey } from "./block.ts";
import { counterMode } from "./ctr.ts";
import { ghash } from "./ghash.ts";

const TAG_BYTES = 16;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** J0 = nonce ‖ 00000001, or the block `counter` later. */
function counterBlock(nonce: Uint8Array, counter: number): Int32Array {
  const view = new DataView(nonce.buffer, nonce.byteOffset, 12);
  return Int32Array.of(view.getInt32(0), view.getInt32(4), view.getInt32(8), counter);
}

function authenticationTag(
  roundKeys: Int32Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  const h = new Int32Array(4);
  cipherWords(roundKeys, h);
  const hash = ghash(h, aad, ciphertext);
  const mask = counterBlock(nonce, 1);
  cipherWords(roundKeys, mask);
  const tag = new Uint8Array(TAG_BYTES);
  const view = new DataView(tag.buffer);
  for (let i = 0; i < 4; i += 1) view.setInt32(4 * i, (hash[i] as number) ^ (mask[i] as number));
  return tag;
}

/**
 * Ciphertext ‖ tag (16 bytes).
 * @param key 16 bytes
 * @param nonce 12 bytes, never twice under one key: a repeat gives away the authentication key
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
  const roundKeys = expandKey(key);
  const ciphertext = counterMode(roundKeys, counterBlock(nonce, 2), plaintext, 1);
  return concatBytes(ciphertext, authenticationTag(roundKeys, nonce, aad, ciphertext));
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
  const roundKeys = expandKey(key);
  const split = sealed.length - TAG_BYTES;
  if (split < 0) throw new CryptoError({ code: "crypto/authentication-failed" });
  const ciphertext = sealed.subarray(0, split);
  const tag = authenticationTag(roundKeys, nonce, aad, ciphertext);
  if (!equalSecretBytes(tag, sealed.subarray(split))) {
    throw new CryptoError({ code: "crypto/authentication-failed" });
  }
  return counterMode(roundKeys, counterBlock(nonce, 2), ciphertext, 1);
}

/** SM4-GCM, authenticated encryption. Source: RFC 8998 §3.1, NIST SP 800-38D. */
export const sm4Gcm: { readonly seal: typeof seal; readonly open: typeof open } = { seal, open };
