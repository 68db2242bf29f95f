import { bigintToBytes, bytesToBigint, hmacSm3 } from "../src/index.ts";
import { N } from "../src/sm2/curve.ts";

/** The nonces of RFC 6979 §3.2 and §3.6 with HMAC-SM3, as the text has them. */
export function* referenceNonces(
  secretKey: Uint8Array,
  digest: Uint8Array,
  extraEntropy: Uint8Array,
): Generator<bigint> {
  const seed = [secretKey, bigintToBytes(bytesToBigint(digest) % N, 32), extraEntropy] as const;
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
