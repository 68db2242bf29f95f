import { bigintToBytes, bytesToBigint } from "../bytes.ts";
import { expectBytes } from "../crypto-error.ts";
import { encodePoint, invertModN, modN, multiplyBase, N } from "./curve.ts";
import { messageDigest, type Sm2UserId } from "./identity.ts";
import { randomSecretKey, secretScalar } from "./keys.ts";
import { nonces } from "./nonce.ts";

export interface Sm2SignOptions {
  readonly userId?: Sm2UserId;
  /**
   * Bytes joined into the nonce. Default: 32 fresh random bytes (hedged). `false`: none, so equal inputs
   * give equal signatures; for simulations and vectors.
   */
  readonly extraEntropy?: Uint8Array | false;
  /**
   * The secret key's own public key, 65 bytes: saves deriving it, half the work. Another key than that makes a
   * signature that nobody accepts; it gives nothing away.
   */
  readonly publicKey?: Uint8Array;
}

/**
 * r‖s for one nonce, or undefined where the standard says to take another. Source: GB/T 32918.2-2016 §6.1.
 */
export function signDigestWithNonce(
  digest: Uint8Array,
  d: bigint,
  k: bigint,
): Uint8Array | undefined {
  const r = modN(bytesToBigint(digest) + multiplyBase(k).toAffine().x);
  if (r === 0n || r + k === N) return undefined;
  // The inversion's running time follows its input, so 1 + d goes in behind a random factor.
  const blind = bytesToBigint(randomSecretKey());
  const inverse = modN(invertModN(modN((1n + d) * blind)) * blind);
  const s = modN(inverse * (k - r * d));
  if (s === 0n) return undefined;
  const signature = new Uint8Array(64);
  signature.set(bigintToBytes(r, 32), 0);
  signature.set(bigintToBytes(s, 32), 32);
  return signature;
}

/**
 * SM2 signature over SM3(Z ‖ message), 64 bytes r‖s. Source: GB/T 32918.2-2016 §6.
 * Bigint arithmetic: not constant-time in the strict sense, see docs/crypto.md.
 * @param secretKey 32 bytes, d ∈ [1, n−2]
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-range`
 */
export function sign(
  message: Uint8Array,
  secretKey: Uint8Array,
  options: Sm2SignOptions = {},
): Uint8Array {
  expectBytes(message, "message");
  const d = secretScalar(secretKey);
  if (options.publicKey !== undefined) expectBytes(options.publicKey, "publicKey", 65);
  const publicKey = options.publicKey ?? encodePoint(multiplyBase(d));
  const digest = messageDigest(message, publicKey, options.userId);
  const entropy = options.extraEntropy ?? globalThis.crypto.getRandomValues(new Uint8Array(32));
  for (const k of nonces(d, digest, entropy === false ? new Uint8Array(0) : entropy)) {
    const signature = signDigestWithNonce(digest, d, k);
    if (signature) return signature;
  }
  throw new Error("SM2 nonces ran out");
}
