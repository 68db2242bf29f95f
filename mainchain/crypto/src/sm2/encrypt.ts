import { concatBytes, equalSecretBytes } from "../bytes.ts";
import { CryptoError, expectBytes } from "../crypto-error.ts";
import { kdfSm3 } from "../kdf-sm3.ts";
import { sm3OfSecret } from "../sm3-hasher.ts";
import {
  expectPublicKey,
  expectSecretKey,
  getPublicKey,
  multiplySecret,
  randomSecretKey,
} from "./keys.ts";

const C1_BYTES = 65;
const C3_BYTES = 32;

function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, index) => byte ^ (right[index] ?? 0));
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.reduce((seen, byte) => seen | byte, 0) === 0;
}

/** undefined where the mask came out all zero and another k is due. `nonce` is k, 32 bytes. */
export function encryptWithNonce(
  plaintext: Uint8Array,
  publicKey: Uint8Array,
  nonce: Uint8Array,
): Uint8Array | undefined {
  const product = multiplySecret(publicKey, nonce);
  if (product === undefined) throw new Error("SM2 recipient off the curve");
  const shared = product.subarray(1);
  const mask = kdfSm3(shared, plaintext.length);
  if (isZero(mask)) return undefined;
  const digest = sm3OfSecret(shared.subarray(0, 32), plaintext, shared.subarray(32));
  const ciphertext = concatBytes(getPublicKey(nonce), digest, xor(plaintext, mask));
  product.fill(0);
  mask.fill(0);
  return ciphertext;
}

/**
 * SM2 public-key encryption: C1 (04‖x‖y, 65 bytes) ‖ C3 (SM3, 32 bytes) ‖ C2 (as long as the plaintext).
 * Source: GB/T 32918.4-2016 §6.
 * @param plaintext at least one byte
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-point`
 */
export function encrypt(plaintext: Uint8Array, publicKey: Uint8Array): Uint8Array {
  expectBytes(plaintext, "plaintext");
  expectPublicKey(publicKey, "publicKey");
  if (plaintext.length === 0) {
    throw new CryptoError({
      code: "crypto/bad-length",
      operand: "plaintext",
      expected: "at least 1",
      actual: 0,
    });
  }
  for (;;) {
    const nonce = randomSecretKey();
    const ciphertext = encryptWithNonce(plaintext, publicKey, nonce);
    nonce.fill(0);
    if (ciphertext) return ciphertext;
  }
}

/**
 * The plaintext of what `encrypt` made. Source: GB/T 32918.4-2016 §7.
 * @throws {CryptoError} `crypto/authentication-failed` for whatever was not encrypted to this key, malformed
 * or not; `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-range` for the secret key
 */
export function decrypt(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array {
  expectBytes(ciphertext, "ciphertext");
  expectSecretKey(secretKey);
  if (ciphertext.length <= C1_BYTES + C3_BYTES) {
    throw new CryptoError({ code: "crypto/authentication-failed" });
  }
  const c3 = ciphertext.subarray(C1_BYTES, C1_BYTES + C3_BYTES);
  const c2 = ciphertext.subarray(C1_BYTES + C3_BYTES);
  const product = multiplySecret(ciphertext.subarray(0, C1_BYTES), secretKey);
  if (product === undefined) throw new CryptoError({ code: "crypto/authentication-failed" });
  const shared = product.subarray(1);
  const mask = kdfSm3(shared, c2.length);
  const plaintext = xor(c2, mask);
  const digest = sm3OfSecret(shared.subarray(0, 32), plaintext, shared.subarray(32));
  const good = equalSecretBytes(digest, c3) && !isZero(mask);
  product.fill(0);
  mask.fill(0);
  if (good) return plaintext;
  plaintext.fill(0);
  throw new CryptoError({ code: "crypto/authentication-failed" });
}
