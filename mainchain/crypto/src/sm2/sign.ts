import { CryptoError, expectBytes, expectRecord } from "../crypto-error.ts";
import { LONGEST_ENTROPY, type SecretKernel, withSecrets } from "../kernel/secret-kernel.ts";
import { messageDigest, type Sm2UserId, userIdBytes } from "./identity.ts";
import { loadedPublicKey, loadSecretKey } from "./keys.ts";

export interface Sm2SignOptions {
  readonly userId?: Sm2UserId;
  /**
   * Up to 1,024 bytes joined into the nonce. Default: 32 fresh random bytes (hedged). `false`: none, so equal
   * inputs give equal signatures; for simulations and vectors.
   */
  readonly extraEntropy?: Uint8Array | false;
  /**
   * The secret key's own public key, 65 bytes: saves deriving it, a third of the work. Another key than that
   * makes a signature that nobody accepts; it gives nothing away.
   */
  readonly publicKey?: Uint8Array;
}

const NO_ENTROPY: Uint8Array = new Uint8Array(0);

function entropyOf({ extraEntropy }: Sm2SignOptions): Uint8Array {
  if (extraEntropy === undefined) return globalThis.crypto.getRandomValues(new Uint8Array(32));
  if (extraEntropy === false) return NO_ENTROPY;
  expectBytes(extraEntropy, "extraEntropy");
  if (extraEntropy.length > LONGEST_ENTROPY) {
    throw new CryptoError({
      code: "crypto/bad-length",
      operand: "extraEntropy",
      expected: `at most ${LONGEST_ENTROPY}`,
      actual: extraEntropy.length,
    });
  }
  return extraEntropy;
}

/**
 * Signs a digest e by the secret key in the kernel: r‖s. The nonce is RFC 6979's with HMAC-SM3, §3.6: secret
 * while either the key or the entropy is, and never the same for two different digests.
 */
function signLoaded(kernel: SecretKernel, digest: Uint8Array, entropy: Uint8Array): Uint8Array {
  const { exports, memory, output } = kernel;
  memory.set(digest, kernel.digest);
  memory.set(entropy, kernel.entropy);
  exports.secretSign(entropy.length);
  return memory.slice(output, output + 64);
}

/**
 * r‖s for one nonce k ∈ [1, n−1], or undefined where the standard says to take another. For known answers:
 * whoever learns or repeats a nonce has the key. Source: GB/T 32918.2-2016 §6.1.
 */
export function signDigestWithNonce(
  digest: Uint8Array,
  secretKey: Uint8Array,
  nonce: Uint8Array,
): Uint8Array | undefined {
  return withSecrets((kernel) => {
    const { exports, memory, output } = kernel;
    loadSecretKey(kernel, secretKey);
    memory.set(nonce, kernel.nonce);
    memory.set(digest, kernel.digest);
    return exports.secretSignWithNonce() === 1 ? memory.slice(output, output + 64) : undefined;
  });
}

/**
 * SM2 signature over SM3(Z ‖ message), 64 bytes r‖s, made in constant time: docs/crypto.md §4.
 * Source: GB/T 32918.2-2016 §6.
 * @param secretKey 32 bytes, d ∈ [1, n−2]
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-range`
 */
export function sign(
  message: Uint8Array,
  secretKey: Uint8Array,
  options: Sm2SignOptions = {},
): Uint8Array {
  expectBytes(message, "message");
  expectRecord(options, "options");
  userIdBytes(options.userId);
  if (options.publicKey !== undefined) expectBytes(options.publicKey, "publicKey", 65);
  const entropy = entropyOf(options);
  return withSecrets((kernel) => {
    loadSecretKey(kernel, secretKey);
    const publicKey = options.publicKey ?? loadedPublicKey(kernel);
    return signLoaded(kernel, messageDigest(message, publicKey, options.userId), entropy);
  });
}
