import { bytesToBigint, concatBytes, equalSecretBytes } from "../bytes.ts";
import { CryptoError, expectBytes } from "../crypto-error.ts";
import { kdfSm3 } from "../kdf-sm3.ts";
import { sm3OfSecret } from "../sm3-hasher.ts";
import { decodePoint, encodePoint, multiplyBase, type Sm2Point } from "./curve.ts";
import { publicPoint, randomSecretKey, secretScalar } from "./keys.ts";

const C1_BYTES = 65;
const C3_BYTES = 32;

function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, index) => byte ^ (right[index] ?? 0));
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.reduce((seen, byte) => seen | byte, 0) === 0;
}

/** undefined where the mask came out all zero and another k is due. */
export function encryptWithNonce(
  plaintext: Uint8Array,
  recipient: Sm2Point,
  k: bigint,
): Uint8Array | undefined {
  const shared = encodePoint(recipient.multiply(k)).subarray(1);
  const mask = kdfSm3(shared, plaintext.length);
  if (isZero(mask)) return undefined;
  const digest = sm3OfSecret(shared.subarray(0, 32), plaintext, shared.subarray(32));
  return concatBytes(encodePoint(multiplyBase(k)), digest, xor(plaintext, mask));
}

/**
 * SM2 public-key encryption: C1 (04‖x‖y, 65 bytes) ‖ C3 (SM3, 32 bytes) ‖ C2 (as long as the plaintext).
 * Source: GB/T 32918.4-2016 §6.
 * @param plaintext at least one byte
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-point`
 */
export function encrypt(plaintext: Uint8Array, publicKey: Uint8Array): Uint8Array {
  expectBytes(plaintext, "plaintext");
  const recipient = publicPoint(publicKey, "publicKey");
  if (plaintext.length === 0) {
    throw new CryptoError({
      code: "crypto/bad-length",
      operand: "plaintext",
      expected: "at least 1",
      actual: 0,
    });
  }
  for (;;) {
    const ciphertext = encryptWithNonce(plaintext, recipient, bytesToBigint(randomSecretKey()));
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
  const d = secretScalar(secretKey);
  const c1 = decodePoint(ciphertext.subarray(0, C1_BYTES));
  if (!c1 || ciphertext.length <= C1_BYTES + C3_BYTES) {
    throw new CryptoError({ code: "crypto/authentication-failed" });
  }
  const c3 = ciphertext.subarray(C1_BYTES, C1_BYTES + C3_BYTES);
  const c2 = ciphertext.subarray(C1_BYTES + C3_BYTES);
  const shared = encodePoint(c1.multiply(d)).subarray(1);
  const mask = kdfSm3(shared, c2.length);
  const plaintext = xor(c2, mask);
  const digest = sm3OfSecret(shared.subarray(0, 32), plaintext, shared.subarray(32));
  if (!equalSecretBytes(digest, c3) || isZero(mask)) {
    throw new CryptoError({ code: "crypto/authentication-failed" });
  }
  return plaintext;
}
