import { bytesToBigint } from "../src/index.ts";
import { decodePoint, N, Point, type Sm2Point } from "../src/sm2/curve.ts";

export function modN(value: bigint): bigint {
  const rest = value % N;
  return rest < 0n ? rest + N : rest;
}

/** k·G for k in [1, n−1]. */
export function multiplyBase(k: bigint): Sm2Point {
  return Point.BASE.multiply(k);
}

/** GB/T 32918.2 §6.1 in bigints. */
export function nobleSignDigest(
  digest: Uint8Array,
  d: bigint,
  k: bigint,
): { readonly r: bigint; readonly s: bigint } {
  const r = modN(bytesToBigint(digest) + multiplyBase(k).toAffine().x);
  return { r, s: modN(Point.Fn.inv(modN(1n + d)) * (k - r * d)) };
}

/** GB/T 32918.2 §7.1 in bigints: the second opinion on the kernel. */
export function nobleVerifyDigest(
  signature: Uint8Array,
  digest: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  const r = bytesToBigint(signature.subarray(0, 32));
  const s = bytesToBigint(signature.subarray(32));
  if (r < 1n || r >= N || s < 1n || s >= N) return false;
  const t = (r + s) % N;
  const key = decodePoint(publicKey);
  if (t === 0n || key === undefined) return false;
  const sum = Point.BASE.mulAddUnsafe(s, key, t);
  if (sum.is0()) return false;
  return (bytesToBigint(digest) + sum.toAffine().x) % N === r;
}
