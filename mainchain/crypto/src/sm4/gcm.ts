import { equalSecretBytes } from "../bytes.ts";
import { CryptoError, expectBytes } from "../crypto-error.ts";
import type { SecretKernel } from "../kernel/secret-kernel.ts";
import { cipherBlock, counterMode, inParts, withKey } from "./cipher.ts";

const TAG_BYTES = 16;
const NO_BYTES: Uint8Array = new Uint8Array(0);
// 2^32 − 2 blocks, SP 800-38D §5.2.1.1: beyond it the counter would come round to the tag's.
const LONGEST = 16 * (2 ** 32 - 2);

/** nonce ‖ counter: block 1 masks the tag, the message starts at 2. */
function counterBlock(nonce: Uint8Array, counter: number): Uint8Array {
  const block = new Uint8Array(16);
  block.set(nonce);
  block[15] = counter;
  return block;
}

/** 64 bits each, big-endian, in bits. */
function lengths(aad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const block = new Uint8Array(16);
  const view = new DataView(block.buffer);
  view.setBigUint64(0, 8n * BigInt(aad.length));
  view.setBigUint64(8, 8n * BigInt(ciphertext.length));
  return block;
}

function authenticationTag(
  kernel: SecretKernel,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  const { exports, memory, block } = kernel;
  exports.cipherBeginTag();
  for (const part of [aad, ciphertext, lengths(aad, ciphertext)]) {
    inParts(kernel, part, (_, length) => exports.cipherAbsorb(length));
  }
  exports.cipherEndTag();
  const hash = memory.slice(block, block + TAG_BYTES);
  const mask = cipherBlock(kernel, counterBlock(nonce, 1));
  return hash.map((byte, index) => byte ^ (mask[index] as number));
}

function expectInputs(nonce: Uint8Array, text: Uint8Array, operand: string, aad: Uint8Array): void {
  expectBytes(nonce, "nonce", 12);
  expectBytes(text, operand);
  expectBytes(aad, "aad");
  if (text.length > LONGEST) throw new CryptoError({ code: "crypto/bad-range", operand });
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
  expectInputs(nonce, plaintext, "plaintext", aad);
  return withKey(key, Math.max(plaintext.length, aad.length), (kernel) => {
    const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
    const ciphertext = sealed.subarray(0, plaintext.length);
    counterMode(kernel, counterBlock(nonce, 2), 32, plaintext, ciphertext);
    sealed.set(authenticationTag(kernel, nonce, aad, ciphertext), plaintext.length);
    return sealed;
  });
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
  expectInputs(nonce, sealed, "sealed", aad);
  return withKey(key, Math.max(sealed.length, aad.length), (kernel) => {
    const split = sealed.length - TAG_BYTES;
    if (split < 0) throw new CryptoError({ code: "crypto/authentication-failed" });
    const ciphertext = sealed.subarray(0, split);
    const tag = authenticationTag(kernel, nonce, aad, ciphertext);
    if (!equalSecretBytes(tag, sealed.subarray(split))) {
      throw new CryptoError({ code: "crypto/authentication-failed" });
    }
    const plaintext = new Uint8Array(split);
    counterMode(kernel, counterBlock(nonce, 2), 32, ciphertext, plaintext);
    return plaintext;
  });
}

/** SM4-GCM, authenticated encryption, in constant time. Source: RFC 8998 §3.1, NIST SP 800-38D. */
export const sm4Gcm: { readonly seal: typeof seal; readonly open: typeof open } = { seal, open };
