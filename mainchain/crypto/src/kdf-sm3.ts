import { CryptoError, expectBytes } from "./crypto-error.ts";
import { sm3OfSecret } from "./sm3-hasher.ts";

/**
 * `length` bytes from SM3(input ‖ counter), counter from 1, 32 bits. Source: GB/T 32918.4-2016 §5.4.3.
 * @param length bytes, a non-negative integer
 * @throws {CryptoError} `crypto/bad-range` for any other length
 */
export function kdfSm3(input: Uint8Array, length: number): Uint8Array {
  expectBytes(input, "input");
  if (!Number.isSafeInteger(length) || length < 0 || length > 32 * 0xffffffff) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "length" });
  }
  const out = new Uint8Array(Math.ceil(length / 32) * 32);
  const counter = new Uint8Array(4);
  const view = new DataView(counter.buffer);
  for (let at = 0, count = 1; at < length; at += 32, count += 1) {
    view.setUint32(0, count);
    out.set(sm3OfSecret(input, counter), at);
  }
  return out.subarray(0, length);
}
