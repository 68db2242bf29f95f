import { bytesToBigint } from "../bytes.ts";
import { CryptoError, expectBytes } from "../crypto-error.ts";
import { decodePoint, encodePoint, multiplyBase, N, type Sm2Point } from "./curve.ts";

// With d = n − 1 the signing equation divides by 1 + d = 0.
const LARGEST_SECRET = N - 2n;

/**
 * The scalar d ∈ [1, n−2] of a secret key.
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-range`
 */
export function secretScalar(secretKey: Uint8Array, operand = "secretKey"): bigint {
  expectBytes(secretKey, operand, 32);
  const d = bytesToBigint(secretKey);
  if (d < 1n || d > LARGEST_SECRET) throw new CryptoError({ code: "crypto/bad-range", operand });
  return d;
}

/** @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-point` */
export function publicPoint(publicKey: Uint8Array, operand: string): Sm2Point {
  expectBytes(publicKey, operand, 65);
  const point = decodePoint(publicKey);
  if (!point) throw new CryptoError({ code: "crypto/bad-point", operand });
  return point;
}

/**
 * The public key d·G as 04‖x‖y, 65 bytes: the one encoding of a public key in this code base.
 * @param secretKey 32 bytes, big-endian, d ∈ [1, n−2]
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-range`
 */
export function getPublicKey(secretKey: Uint8Array): Uint8Array {
  return encodePoint(multiplyBase(secretScalar(secretKey)));
}

/** 32 bytes, uniform over [1, n−2], from the platform's generator. */
export function randomSecretKey(): Uint8Array {
  const bytes = new Uint8Array(32);
  for (;;) {
    globalThis.crypto.getRandomValues(bytes);
    const d = bytesToBigint(bytes);
    if (d >= 1n && d <= LARGEST_SECRET) return bytes;
  }
}

/** Whether the bytes are 04‖x‖y with x, y < p and the point on the curve. Never throws for bytes. */
export function isValidPublicKey(publicKey: Uint8Array): boolean {
  expectBytes(publicKey, "publicKey");
  return decodePoint(publicKey) !== undefined;
}
