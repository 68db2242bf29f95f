import { bigintToBytes, bytesToBigint } from "../bytes.ts";
import { hmacSm3 } from "../hmac-sm3.ts";
import { modN, N } from "./curve.ts";

/**
 * The candidates k ∈ [1, n−1] of RFC 6979 §3.2 with HMAC-SM3, `extraEntropy` joined as in §3.6: secret
 * while either the key or the entropy is, and never the same for two different digests.
 */
export function* nonces(
  d: bigint,
  digest: Uint8Array,
  extraEntropy: Uint8Array,
): Generator<bigint> {
  const seed = [
    bigintToBytes(d, 32),
    bigintToBytes(modN(bytesToBigint(digest)), 32),
    extraEntropy,
  ] as const;
  let value: Uint8Array = new Uint8Array(32).fill(1);
  let key = hmacSm3(new Uint8Array(32), value, Uint8Array.of(0), ...seed);
  value = hmacSm3(key, value);
  key = hmacSm3(key, value, Uint8Array.of(1), ...seed);
  value = hmacSm3(key, value);
  for (;;) {
    value = hmacSm3(key, value);
    const k = bytesToBigint(value);
    if (k >= 1n && k < N) yield k;
    key = hmacSm3(key, value, Uint8Array.of(0));
    value = hmacSm3(key, value);
  }
}
