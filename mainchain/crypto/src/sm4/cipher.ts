import { expectBytes } from "../crypto-error.ts";
import { type SecretKernel, withCipher } from "../kernel/secret-kernel.ts";

/**
 * Runs `act` with the round keys of `key` in the kernel, and wipes it afterwards.
 * @param bytes how long the longest message is that `act` puts through
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length` unless the key is 16 bytes
 */
export function withKey<T>(
  key: Uint8Array,
  bytes: number,
  act: (kernel: SecretKernel) => T,
  direction: "forwards" | "backwards" = "forwards",
): T {
  expectBytes(key, "key", 16);
  return withCipher(bytes, (kernel) => {
    kernel.memory.set(key, kernel.key);
    kernel.exports.cipherSetKey(direction === "backwards" ? 1 : 0);
    return act(kernel);
  });
}

/** One block of 16 bytes. */
export function cipherBlock(
  { exports, memory, block: at }: SecretKernel,
  block: Uint8Array,
): Uint8Array {
  memory.set(block, at);
  exports.cipherOneBlock();
  return memory.slice(at, at + 16);
}

/** Calls `act` with the length of each part that fits the kernel's buffer, once it is there. */
export function inParts(
  { memory, buffer, bufferBytes }: SecretKernel,
  input: Uint8Array,
  act: (from: number, length: number) => void,
): void {
  for (let from = 0; from < input.length; from += bufferBytes) {
    const part = input.subarray(from, from + bufferBytes);
    memory.set(part, buffer);
    act(from, part.length);
  }
}

/**
 * Counter mode, its own inverse.
 * @param counter the first counter block, 16 bytes
 * @param carries through how many bits: 128 for CTR of GB/T 17964-2021, 32 for GCM
 * @param out as long as `input`, and may be it
 */
export function counterMode(
  kernel: SecretKernel,
  counter: Uint8Array,
  carries: 32 | 128,
  input: Uint8Array,
  out: Uint8Array,
): void {
  const { exports, memory, block, buffer } = kernel;
  memory.set(counter, block);
  exports.cipherSetCounter();
  inParts(kernel, input, (from, length) => {
    exports.cipherCounterMode(length, carries === 32 ? 1 : 0);
    out.set(memory.subarray(buffer, buffer + length), from);
  });
}
