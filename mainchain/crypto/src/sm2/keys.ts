import { CryptoError, expectBytes } from "../crypto-error.ts";
import { type SecretKernel, withSecrets } from "../kernel/secret-kernel.ts";
import { decodePoint } from "./curve.ts";

/**
 * Puts a secret key, d ∈ [1, n−2], into the kernel. With d = n − 1 signing would divide by 1 + d = 0.
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-range`
 */
export function loadSecretKey(
  kernel: SecretKernel,
  secretKey: Uint8Array,
  operand = "secretKey",
): void {
  expectBytes(secretKey, operand, 32);
  kernel.memory.set(secretKey, kernel.secret);
  if (kernel.exports.isSecretKey() !== 1) {
    throw new CryptoError({ code: "crypto/bad-range", operand });
  }
}

/** @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-range` */
export function expectSecretKey(secretKey: Uint8Array, operand = "secretKey"): void {
  withSecrets((kernel) => loadSecretKey(kernel, secretKey, operand));
}

/** @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-point` */
export function expectPublicKey(publicKey: Uint8Array, operand: string): void {
  expectBytes(publicKey, operand, 65);
  if (decodePoint(publicKey) === undefined) {
    throw new CryptoError({ code: "crypto/bad-point", operand });
  }
}

/** d·G of the secret key in the kernel, 65 bytes. */
export function loadedPublicKey({ exports, memory, output }: SecretKernel): Uint8Array {
  if (exports.secretPublicKey() !== 1) throw new Error("SM2 public key at infinity");
  return memory.slice(output, output + 65);
}

/**
 * The public key d·G as 04‖x‖y, 65 bytes: the one encoding of a public key in this code base.
 * @param secretKey 32 bytes, big-endian, d ∈ [1, n−2]
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-range`
 */
export function getPublicKey(secretKey: Uint8Array): Uint8Array {
  return withSecrets((kernel) => {
    loadSecretKey(kernel, secretKey);
    return loadedPublicKey(kernel);
  });
}

/**
 * k·point for the 32 secret bytes k ∈ [1, n−1]: 04‖x‖y, or undefined where `point` is no point of the curve.
 */
export function multiplySecret(point: Uint8Array, k: Uint8Array): Uint8Array | undefined {
  return withSecrets(({ exports, memory, secret, point: at, output }) => {
    memory.set(k, secret);
    memory.set(point, at);
    return exports.secretMultiply() === 1 ? memory.slice(output, output + 65) : undefined;
  });
}

/** 32 bytes, uniform over [1, n−2], from the platform's generator. */
export function randomSecretKey(): Uint8Array {
  const bytes = new Uint8Array(32);
  return withSecrets(({ exports, memory, secret }) => {
    do {
      globalThis.crypto.getRandomValues(bytes);
      memory.set(bytes, secret);
    } while (exports.isSecretKey() !== 1);
    return bytes;
  });
}

/** Whether the bytes are 04‖x‖y with x, y < p and the point on the curve. Never throws for bytes. */
export function isValidPublicKey(publicKey: Uint8Array): boolean {
  expectBytes(publicKey, "publicKey");
  return decodePoint(publicKey) !== undefined;
}
