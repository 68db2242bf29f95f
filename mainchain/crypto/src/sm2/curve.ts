import { weierstrass } from "@noble/curves/abstract/weierstrass.js";
import { bigintToBytes, bytesToBigint } from "../bytes.ts";

/** y² = x³ + ax + b over F_p, prime order n, cofactor 1. Source: GB/T 32918.5-2017 §2. */
export const P = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn;
export const N = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
export const A = 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn;
export const B = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n;
export const GX = 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n;
export const GY = 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n;

type PointConstructor = ReturnType<typeof weierstrass<bigint>>;
export type Sm2Point = PointConstructor["BASE"];

/** For points that everybody may see: its bigints take time that depends on their values. */
export const Point: PointConstructor = /* @__PURE__ */ weierstrass({
  p: P,
  n: N,
  h: 1n,
  a: A,
  b: B,
  Gx: GX,
  Gy: GY,
});

/** 04‖x‖y → point; undefined for any other encoding, x or y ≥ p, or a point off the curve. */
export function decodePoint(bytes: Uint8Array): Sm2Point | undefined {
  if (bytes.length !== 65 || bytes[0] !== 4) return undefined;
  const x = bytesToBigint(bytes.subarray(1, 33));
  const y = bytesToBigint(bytes.subarray(33));
  if (x >= P || y >= P) return undefined;
  if ((y * y - (x * x * x + A * x + B)) % P !== 0n) return undefined;
  return Point.fromAffine({ x, y });
}

/** 04‖x‖y, 65 bytes. The point is not at infinity. */
export function encodePoint(point: Sm2Point): Uint8Array {
  const { x, y } = point.toAffine();
  const out = new Uint8Array(65);
  out[0] = 4;
  out.set(bigintToBytes(x, 32), 1);
  out.set(bigintToBytes(y, 32), 33);
  return out;
}
