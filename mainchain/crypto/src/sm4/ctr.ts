import { cipherWords } from "./block.ts";

/** Adds one to a big-endian counter of four words, carrying through `carryWords` of them from the end. */
function increment(counter: Int32Array, carryWords: number): void {
  for (let i = 3; i >= 4 - carryWords; i -= 1) {
    counter[i] = (counter[i] as number) + 1;
    if (counter[i] !== 0) return;
  }
}

/**
 * Counter mode from `counter` (four words, used up), its own inverse.
 * @param carryWords 4 for CTR of GB/T 17964-2021 (a 128-bit counter), 1 for GCM's 32-bit one
 */
export function counterMode(
  roundKeys: Int32Array,
  counter: Int32Array,
  input: Uint8Array,
  carryWords: 1 | 4,
): Uint8Array {
  const out = new Uint8Array(input.length);
  const pad = new Int32Array(4);
  for (let at = 0; at < input.length; at += 16) {
    pad.set(counter);
    cipherWords(roundKeys, pad);
    increment(counter, carryWords);
    const end = Math.min(at + 16, input.length);
    for (let i = at; i < end; i += 1) {
      const byte = (pad[(i - at) >> 2] as number) >>> (24 - 8 * (i & 3));
      out[i] = (input[i] as number) ^ byte;
    }
  }
  return out;
}
