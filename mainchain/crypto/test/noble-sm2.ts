import { weierstrass } from "@noble/curves/abstract/weierstrass.js";
import { bytesToBigint } from "../src/index.ts";
import { A, B, decodePoint, GX, GY, N, P } from "../src/sm2/curve.ts";

const Point = weierstrass({ p: P, n: N, h: 1n, a: A, b: B, Gx: GX, Gy: GY });

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
  const sum = Point.BASE.mulAddUnsafe(s, Point.fromAffine(key.toAffine()), t);
  if (sum.is0()) return false;
  return (bytesToBigint(digest) + sum.toAffine().x) % N === r;
}
