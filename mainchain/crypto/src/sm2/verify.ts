import { bytesToBigint } from "../bytes.ts";
import { expectBytes } from "../crypto-error.ts";
import { decodePoint, linearCombination, modN, N } from "./curve.ts";
import { messageDigest, type Sm2UserId } from "./identity.ts";

export interface Sm2VerifyOptions {
  readonly userId?: Sm2UserId;
}

/**
 * Whether r‖s signs the digest e = SM3(Z ‖ M). Source: GB/T 32918.2-2016 §7.1; R = ∞ is no signature.
 */
export function verifyDigest(
  signature: Uint8Array,
  digest: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  const r = bytesToBigint(signature.subarray(0, 32));
  const s = bytesToBigint(signature.subarray(32));
  if (r < 1n || r >= N || s < 1n || s >= N) return false;
  const t = modN(r + s);
  if (t === 0n) return false;
  const point = decodePoint(publicKey);
  if (!point) return false;
  const sum = linearCombination(s, t, point);
  if (sum.is0()) return false;
  return modN(bytesToBigint(digest) + sum.toAffine().x) === r;
}

/**
 * Whether `signature` is an SM2 signature of `message` by `publicKey`. False for every bad signature and for
 * a public key of the right length that is no point of the curve; throws only where the caller erred.
 * @param signature 64 bytes r‖s
 * @param publicKey 65 bytes 04‖x‖y
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-encoding`
 */
export function verify(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
  options: Sm2VerifyOptions = {},
): boolean {
  expectBytes(signature, "signature", 64);
  expectBytes(message, "message");
  expectBytes(publicKey, "publicKey", 65);
  return verifyDigest(signature, messageDigest(message, publicKey, options.userId), publicKey);
}
