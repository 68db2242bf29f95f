/**
 * Arithmetic mod p = 2^256 − 2^224 − 2^96 + 2^64 − 1: nine signed limbs of 29 bits, 36 bytes, little end
 * first, in Montgomery form with R = 2^261.
 *
 * Bounds (docs/crypto.md §3). A product leaves limbs in [−2^28, 2^28): weight 1. Sums are not carried: their
 * weights add. A column of a product is at most 9·w_a·w_b·2^56, so w_a·w_b ≤ 14 keeps it below 2^63.
 * Because p ≡ −1 (mod 2^64), the Montgomery digit is the column's own low 29 bits, and m·p is four shifts.
 */
const BITS: i64 = 29;
const MASK: i64 = (1 << 29) - 1;
const HALF: i64 = 1 << 28;

/** Bytes of an element. */
export const FE: usize = 36;

/** out = a·b/R. Weights a·b ≤ 14. */
export function mul(out: usize, a: usize, b: usize): void {
  const a0: i64 = load<i32>(a, 0);
  const a1: i64 = load<i32>(a, 4);
  const a2: i64 = load<i32>(a, 8);
  const a3: i64 = load<i32>(a, 12);
  const a4: i64 = load<i32>(a, 16);
  const a5: i64 = load<i32>(a, 20);
  const a6: i64 = load<i32>(a, 24);
  const a7: i64 = load<i32>(a, 28);
  const a8: i64 = load<i32>(a, 32);
  const b0: i64 = load<i32>(b, 0);
  const b1: i64 = load<i32>(b, 4);
  const b2: i64 = load<i32>(b, 8);
  const b3: i64 = load<i32>(b, 12);
  const b4: i64 = load<i32>(b, 16);
  const b5: i64 = load<i32>(b, 20);
  const b6: i64 = load<i32>(b, 24);
  const b7: i64 = load<i32>(b, 28);
  const b8: i64 = load<i32>(b, 32);
  const p0 = a0 * b0;
  const p1 = a1 * b1;
  const p2 = a2 * b2;
  const p3 = a3 * b3;
  const p4 = a4 * b4;
  const p5 = a5 * b5;
  const p6 = a6 * b6;
  const p7 = a7 * b7;
  const p8 = a8 * b8;
  const low1 = p0 + p1;
  const low2 = low1 + p2;
  const low3 = low2 + p3;
  const low4 = low3 + p4;
  const low5 = low4 + p5;
  const low6 = low5 + p6;
  const low7 = low6 + p7;
  const low8 = low7 + p8;
  const high7 = p8 + p7;
  const high6 = high7 + p6;
  const high5 = high6 + p5;
  const high4 = high5 + p4;
  const high3 = high4 + p3;
  const high2 = high3 + p2;
  const high1 = high2 + p1;
  let t: i64;
  let c: i64;
  t = p0 + HALF;
  c = t >> BITS;
  const m0: i64 = (t & MASK) - HALF;
  t = (a0 + a1) * (b0 + b1) - low1 + HALF + c;
  c = t >> BITS;
  const m1: i64 = (t & MASK) - HALF;
  t = (a0 + a2) * (b0 + b2) - low2 + (p1 << 1) + HALF + (m0 << 6) + c;
  c = t >> BITS;
  const m2: i64 = (t & MASK) - HALF;
  t = (a0 + a3) * (b0 + b3) - low3 + (a1 + a2) * (b1 + b2) - (m0 << 9) + HALF + (m1 << 6) + c;
  c = t >> BITS;
  const m3: i64 = (t & MASK) - HALF;
  t = (a0 + a4) * (b0 + b4) - low4 + (a1 + a3) * (b1 + b3) + (p2 << 1) - (m1 << 9) + HALF + (m2 << 6) + c;
  c = t >> BITS;
  const m4: i64 = (t & MASK) - HALF;
  t = (a0 + a5) * (b0 + b5) - low5 + (a1 + a4) * (b1 + b4) + (a2 + a3) * (b2 + b3) - (m2 << 9) + HALF + (m3 << 6) + c;
  c = t >> BITS;
  const m5: i64 = (t & MASK) - HALF;
  t = (a0 + a6) * (b0 + b6) - low6 + (a1 + a5) * (b1 + b5) + (a2 + a4) * (b2 + b4) + (p3 << 1) - (m3 << 9) + HALF + (m4 << 6) + c;
  c = t >> BITS;
  const m6: i64 = (t & MASK) - HALF;
  t = (a0 + a7) * (b0 + b7) - low7 + (a1 + a6) * (b1 + b6) + (a2 + a5) * (b2 + b5) + (a3 + a4) * (b3 + b4) - (m4 << 9) - (m0 << 21) + HALF + (m5 << 6) + c;
  c = t >> BITS;
  const m7: i64 = (t & MASK) - HALF;
  t = (a0 + a8) * (b0 + b8) - low8 + (a1 + a7) * (b1 + b7) + (a2 + a6) * (b2 + b6) + (a3 + a5) * (b3 + b5) + (p4 << 1) - (m5 << 9) - (m1 << 21) + (m0 << 24) + HALF + (m6 << 6) + c;
  c = t >> BITS;
  const m8: i64 = (t & MASK) - HALF;
  t = (a1 + a8) * (b1 + b8) - high1 + (a2 + a7) * (b2 + b7) + (a3 + a6) * (b3 + b6) + (a4 + a5) * (b4 + b5) - (m6 << 9) - (m2 << 21) + (m1 << 24) + HALF + (m7 << 6) + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 0);
  t = (a2 + a8) * (b2 + b8) - high2 + (a3 + a7) * (b3 + b7) + (a4 + a6) * (b4 + b6) + (p5 << 1) - (m7 << 9) - (m3 << 21) + (m2 << 24) + HALF + (m8 << 6) + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 4);
  t = (a3 + a8) * (b3 + b8) - high3 + (a4 + a7) * (b4 + b7) + (a5 + a6) * (b5 + b6) - (m8 << 9) - (m4 << 21) + (m3 << 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 8);
  t = (a4 + a8) * (b4 + b8) - high4 + (a5 + a7) * (b5 + b7) + (p6 << 1) - (m5 << 21) + (m4 << 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 12);
  t = (a5 + a8) * (b5 + b8) - high5 + (a6 + a7) * (b6 + b7) - (m6 << 21) + (m5 << 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 16);
  t = (a6 + a8) * (b6 + b8) - high6 + (p7 << 1) - (m7 << 21) + (m6 << 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 20);
  t = (a7 + a8) * (b7 + b8) - high7 - (m8 << 21) + (m7 << 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 24);
  t = p8 + (m8 << 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 28);
  store<i32>(out, <i32>(c), 32);
}

/** out = a·b/R − c0, normalised. Weights a·b ≤ 14. */
export function mulSub(out: usize, a: usize, b: usize, c0: usize): void {
  const a0: i64 = load<i32>(a, 0);
  const a1: i64 = load<i32>(a, 4);
  const a2: i64 = load<i32>(a, 8);
  const a3: i64 = load<i32>(a, 12);
  const a4: i64 = load<i32>(a, 16);
  const a5: i64 = load<i32>(a, 20);
  const a6: i64 = load<i32>(a, 24);
  const a7: i64 = load<i32>(a, 28);
  const a8: i64 = load<i32>(a, 32);
  const b0: i64 = load<i32>(b, 0);
  const b1: i64 = load<i32>(b, 4);
  const b2: i64 = load<i32>(b, 8);
  const b3: i64 = load<i32>(b, 12);
  const b4: i64 = load<i32>(b, 16);
  const b5: i64 = load<i32>(b, 20);
  const b6: i64 = load<i32>(b, 24);
  const b7: i64 = load<i32>(b, 28);
  const b8: i64 = load<i32>(b, 32);
  const p0 = a0 * b0;
  const p1 = a1 * b1;
  const p2 = a2 * b2;
  const p3 = a3 * b3;
  const p4 = a4 * b4;
  const p5 = a5 * b5;
  const p6 = a6 * b6;
  const p7 = a7 * b7;
  const p8 = a8 * b8;
  const low1 = p0 + p1;
  const low2 = low1 + p2;
  const low3 = low2 + p3;
  const low4 = low3 + p4;
  const low5 = low4 + p5;
  const low6 = low5 + p6;
  const low7 = low6 + p7;
  const low8 = low7 + p8;
  const high7 = p8 + p7;
  const high6 = high7 + p6;
  const high5 = high6 + p5;
  const high4 = high5 + p4;
  const high3 = high4 + p3;
  const high2 = high3 + p2;
  const high1 = high2 + p1;
  let t: i64;
  let c: i64;
  t = p0 + HALF;
  c = t >> BITS;
  const m0: i64 = (t & MASK) - HALF;
  t = (a0 + a1) * (b0 + b1) - low1 + HALF + c;
  c = t >> BITS;
  const m1: i64 = (t & MASK) - HALF;
  t = (a0 + a2) * (b0 + b2) - low2 + (p1 << 1) + HALF + (m0 << 6) + c;
  c = t >> BITS;
  const m2: i64 = (t & MASK) - HALF;
  t = (a0 + a3) * (b0 + b3) - low3 + (a1 + a2) * (b1 + b2) - (m0 << 9) + HALF + (m1 << 6) + c;
  c = t >> BITS;
  const m3: i64 = (t & MASK) - HALF;
  t = (a0 + a4) * (b0 + b4) - low4 + (a1 + a3) * (b1 + b3) + (p2 << 1) - (m1 << 9) + HALF + (m2 << 6) + c;
  c = t >> BITS;
  const m4: i64 = (t & MASK) - HALF;
  t = (a0 + a5) * (b0 + b5) - low5 + (a1 + a4) * (b1 + b4) + (a2 + a3) * (b2 + b3) - (m2 << 9) + HALF + (m3 << 6) + c;
  c = t >> BITS;
  const m5: i64 = (t & MASK) - HALF;
  t = (a0 + a6) * (b0 + b6) - low6 + (a1 + a5) * (b1 + b5) + (a2 + a4) * (b2 + b4) + (p3 << 1) - (m3 << 9) + HALF + (m4 << 6) + c;
  c = t >> BITS;
  const m6: i64 = (t & MASK) - HALF;
  t = (a0 + a7) * (b0 + b7) - low7 + (a1 + a6) * (b1 + b6) + (a2 + a5) * (b2 + b5) + (a3 + a4) * (b3 + b4) - (m4 << 9) - (m0 << 21) + HALF + (m5 << 6) + c;
  c = t >> BITS;
  const m7: i64 = (t & MASK) - HALF;
  t = (a0 + a8) * (b0 + b8) - low8 + (a1 + a7) * (b1 + b7) + (a2 + a6) * (b2 + b6) + (a3 + a5) * (b3 + b5) + (p4 << 1) - (m5 << 9) - (m1 << 21) + (m0 << 24) + HALF + (m6 << 6) + c;
  c = t >> BITS;
  const m8: i64 = (t & MASK) - HALF;
  t = (a1 + a8) * (b1 + b8) - high1 + (a2 + a7) * (b2 + b7) + (a3 + a6) * (b3 + b6) + (a4 + a5) * (b4 + b5) - (m6 << 9) - (m2 << 21) + (m1 << 24) - <i64>load<i32>(c0, 0) + HALF + (m7 << 6) + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 0);
  t = (a2 + a8) * (b2 + b8) - high2 + (a3 + a7) * (b3 + b7) + (a4 + a6) * (b4 + b6) + (p5 << 1) - (m7 << 9) - (m3 << 21) + (m2 << 24) - <i64>load<i32>(c0, 4) + HALF + (m8 << 6) + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 4);
  t = (a3 + a8) * (b3 + b8) - high3 + (a4 + a7) * (b4 + b7) + (a5 + a6) * (b5 + b6) - (m8 << 9) - (m4 << 21) + (m3 << 24) - <i64>load<i32>(c0, 8) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 8);
  t = (a4 + a8) * (b4 + b8) - high4 + (a5 + a7) * (b5 + b7) + (p6 << 1) - (m5 << 21) + (m4 << 24) - <i64>load<i32>(c0, 12) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 12);
  t = (a5 + a8) * (b5 + b8) - high5 + (a6 + a7) * (b6 + b7) - (m6 << 21) + (m5 << 24) - <i64>load<i32>(c0, 16) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 16);
  t = (a6 + a8) * (b6 + b8) - high6 + (p7 << 1) - (m7 << 21) + (m6 << 24) - <i64>load<i32>(c0, 20) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 20);
  t = (a7 + a8) * (b7 + b8) - high7 - (m8 << 21) + (m7 << 24) - <i64>load<i32>(c0, 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 24);
  t = p8 + (m8 << 24) - <i64>load<i32>(c0, 28) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 28);
  store<i32>(out, <i32>(c - <i64>load<i32>(c0, 32)), 32);
}

/** out = a²/R. Weight of a ≤ 3. */
export function sqr(out: usize, a: usize): void {
  const a0: i64 = load<i32>(a, 0);
  const a1: i64 = load<i32>(a, 4);
  const a2: i64 = load<i32>(a, 8);
  const a3: i64 = load<i32>(a, 12);
  const a4: i64 = load<i32>(a, 16);
  const a5: i64 = load<i32>(a, 20);
  const a6: i64 = load<i32>(a, 24);
  const a7: i64 = load<i32>(a, 28);
  const a8: i64 = load<i32>(a, 32);
  const d0 = a0 << 1;
  const d1 = a1 << 1;
  const d2 = a2 << 1;
  const d3 = a3 << 1;
  const d4 = a4 << 1;
  const d5 = a5 << 1;
  const d6 = a6 << 1;
  const d7 = a7 << 1;
  let t: i64;
  let c: i64;
  t = a0 * a0 + HALF;
  c = t >> BITS;
  const m0: i64 = (t & MASK) - HALF;
  t = d0 * a1 + HALF + c;
  c = t >> BITS;
  const m1: i64 = (t & MASK) - HALF;
  t = d0 * a2 + a1 * a1 + HALF + (m0 << 6) + c;
  c = t >> BITS;
  const m2: i64 = (t & MASK) - HALF;
  t = d0 * a3 + d1 * a2 - (m0 << 9) + HALF + (m1 << 6) + c;
  c = t >> BITS;
  const m3: i64 = (t & MASK) - HALF;
  t = d0 * a4 + d1 * a3 + a2 * a2 - (m1 << 9) + HALF + (m2 << 6) + c;
  c = t >> BITS;
  const m4: i64 = (t & MASK) - HALF;
  t = d0 * a5 + d1 * a4 + d2 * a3 - (m2 << 9) + HALF + (m3 << 6) + c;
  c = t >> BITS;
  const m5: i64 = (t & MASK) - HALF;
  t = d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 - (m3 << 9) + HALF + (m4 << 6) + c;
  c = t >> BITS;
  const m6: i64 = (t & MASK) - HALF;
  t = d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 - (m4 << 9) - (m0 << 21) + HALF + (m5 << 6) + c;
  c = t >> BITS;
  const m7: i64 = (t & MASK) - HALF;
  t = d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 - (m5 << 9) - (m1 << 21) + (m0 << 24) + HALF + (m6 << 6) + c;
  c = t >> BITS;
  const m8: i64 = (t & MASK) - HALF;
  t = d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5 - (m6 << 9) - (m2 << 21) + (m1 << 24) + HALF + (m7 << 6) + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 0);
  t = d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5 - (m7 << 9) - (m3 << 21) + (m2 << 24) + HALF + (m8 << 6) + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 4);
  t = d3 * a8 + d4 * a7 + d5 * a6 - (m8 << 9) - (m4 << 21) + (m3 << 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 8);
  t = d4 * a8 + d5 * a7 + a6 * a6 - (m5 << 21) + (m4 << 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 12);
  t = d5 * a8 + d6 * a7 - (m6 << 21) + (m5 << 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 16);
  t = d6 * a8 + a7 * a7 - (m7 << 21) + (m6 << 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 20);
  t = d7 * a8 - (m8 << 21) + (m7 << 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 24);
  t = a8 * a8 + (m8 << 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 28);
  store<i32>(out, <i32>(c), 32);
}

/** out = a²/R − c0, normalised. Weight of a ≤ 3. */
export function sqrSub(out: usize, a: usize, c0: usize): void {
  const a0: i64 = load<i32>(a, 0);
  const a1: i64 = load<i32>(a, 4);
  const a2: i64 = load<i32>(a, 8);
  const a3: i64 = load<i32>(a, 12);
  const a4: i64 = load<i32>(a, 16);
  const a5: i64 = load<i32>(a, 20);
  const a6: i64 = load<i32>(a, 24);
  const a7: i64 = load<i32>(a, 28);
  const a8: i64 = load<i32>(a, 32);
  const d0 = a0 << 1;
  const d1 = a1 << 1;
  const d2 = a2 << 1;
  const d3 = a3 << 1;
  const d4 = a4 << 1;
  const d5 = a5 << 1;
  const d6 = a6 << 1;
  const d7 = a7 << 1;
  let t: i64;
  let c: i64;
  t = a0 * a0 + HALF;
  c = t >> BITS;
  const m0: i64 = (t & MASK) - HALF;
  t = d0 * a1 + HALF + c;
  c = t >> BITS;
  const m1: i64 = (t & MASK) - HALF;
  t = d0 * a2 + a1 * a1 + HALF + (m0 << 6) + c;
  c = t >> BITS;
  const m2: i64 = (t & MASK) - HALF;
  t = d0 * a3 + d1 * a2 - (m0 << 9) + HALF + (m1 << 6) + c;
  c = t >> BITS;
  const m3: i64 = (t & MASK) - HALF;
  t = d0 * a4 + d1 * a3 + a2 * a2 - (m1 << 9) + HALF + (m2 << 6) + c;
  c = t >> BITS;
  const m4: i64 = (t & MASK) - HALF;
  t = d0 * a5 + d1 * a4 + d2 * a3 - (m2 << 9) + HALF + (m3 << 6) + c;
  c = t >> BITS;
  const m5: i64 = (t & MASK) - HALF;
  t = d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 - (m3 << 9) + HALF + (m4 << 6) + c;
  c = t >> BITS;
  const m6: i64 = (t & MASK) - HALF;
  t = d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 - (m4 << 9) - (m0 << 21) + HALF + (m5 << 6) + c;
  c = t >> BITS;
  const m7: i64 = (t & MASK) - HALF;
  t = d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 - (m5 << 9) - (m1 << 21) + (m0 << 24) + HALF + (m6 << 6) + c;
  c = t >> BITS;
  const m8: i64 = (t & MASK) - HALF;
  t = d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5 - (m6 << 9) - (m2 << 21) + (m1 << 24) - <i64>load<i32>(c0, 0) + HALF + (m7 << 6) + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 0);
  t = d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5 - (m7 << 9) - (m3 << 21) + (m2 << 24) - <i64>load<i32>(c0, 4) + HALF + (m8 << 6) + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 4);
  t = d3 * a8 + d4 * a7 + d5 * a6 - (m8 << 9) - (m4 << 21) + (m3 << 24) - <i64>load<i32>(c0, 8) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 8);
  t = d4 * a8 + d5 * a7 + a6 * a6 - (m5 << 21) + (m4 << 24) - <i64>load<i32>(c0, 12) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 12);
  t = d5 * a8 + d6 * a7 - (m6 << 21) + (m5 << 24) - <i64>load<i32>(c0, 16) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 16);
  t = d6 * a8 + a7 * a7 - (m7 << 21) + (m6 << 24) - <i64>load<i32>(c0, 20) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 20);
  t = d7 * a8 - (m8 << 21) + (m7 << 24) - <i64>load<i32>(c0, 24) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 24);
  t = a8 * a8 + (m8 << 24) - <i64>load<i32>(c0, 28) + HALF + c;
  c = t >> BITS;
  store<i32>(out, <i32>((t & MASK) - HALF), 28);
  store<i32>(out, <i32>(c - <i64>load<i32>(c0, 32)), 32);
}

/** out = a + b */
export function add(out: usize, a: usize, b: usize): void {
  store<i32>(out, load<i32>(a, 0) + load<i32>(b, 0), 0);
  store<i32>(out, load<i32>(a, 4) + load<i32>(b, 4), 4);
  store<i32>(out, load<i32>(a, 8) + load<i32>(b, 8), 8);
  store<i32>(out, load<i32>(a, 12) + load<i32>(b, 12), 12);
  store<i32>(out, load<i32>(a, 16) + load<i32>(b, 16), 16);
  store<i32>(out, load<i32>(a, 20) + load<i32>(b, 20), 20);
  store<i32>(out, load<i32>(a, 24) + load<i32>(b, 24), 24);
  store<i32>(out, load<i32>(a, 28) + load<i32>(b, 28), 28);
  store<i32>(out, load<i32>(a, 32) + load<i32>(b, 32), 32);
}

/** out = a − b */
export function sub(out: usize, a: usize, b: usize): void {
  store<i32>(out, load<i32>(a, 0) - load<i32>(b, 0), 0);
  store<i32>(out, load<i32>(a, 4) - load<i32>(b, 4), 4);
  store<i32>(out, load<i32>(a, 8) - load<i32>(b, 8), 8);
  store<i32>(out, load<i32>(a, 12) - load<i32>(b, 12), 12);
  store<i32>(out, load<i32>(a, 16) - load<i32>(b, 16), 16);
  store<i32>(out, load<i32>(a, 20) - load<i32>(b, 20), 20);
  store<i32>(out, load<i32>(a, 24) - load<i32>(b, 24), 24);
  store<i32>(out, load<i32>(a, 28) - load<i32>(b, 28), 28);
  store<i32>(out, load<i32>(a, 32) - load<i32>(b, 32), 32);
}

/** out = a + 2b */
export function addTwice(out: usize, a: usize, b: usize): void {
  store<i32>(out, load<i32>(a, 0) + (load<i32>(b, 0) << 1), 0);
  store<i32>(out, load<i32>(a, 4) + (load<i32>(b, 4) << 1), 4);
  store<i32>(out, load<i32>(a, 8) + (load<i32>(b, 8) << 1), 8);
  store<i32>(out, load<i32>(a, 12) + (load<i32>(b, 12) << 1), 12);
  store<i32>(out, load<i32>(a, 16) + (load<i32>(b, 16) << 1), 16);
  store<i32>(out, load<i32>(a, 20) + (load<i32>(b, 20) << 1), 20);
  store<i32>(out, load<i32>(a, 24) + (load<i32>(b, 24) << 1), 24);
  store<i32>(out, load<i32>(a, 28) + (load<i32>(b, 28) << 1), 28);
  store<i32>(out, load<i32>(a, 32) + (load<i32>(b, 32) << 1), 32);
}

/** out = 3(a − b) */
export function subThrice(out: usize, a: usize, b: usize): void {
  store<i32>(out, 3 * (load<i32>(a, 0) - load<i32>(b, 0)), 0);
  store<i32>(out, 3 * (load<i32>(a, 4) - load<i32>(b, 4)), 4);
  store<i32>(out, 3 * (load<i32>(a, 8) - load<i32>(b, 8)), 8);
  store<i32>(out, 3 * (load<i32>(a, 12) - load<i32>(b, 12)), 12);
  store<i32>(out, 3 * (load<i32>(a, 16) - load<i32>(b, 16)), 16);
  store<i32>(out, 3 * (load<i32>(a, 20) - load<i32>(b, 20)), 20);
  store<i32>(out, 3 * (load<i32>(a, 24) - load<i32>(b, 24)), 24);
  store<i32>(out, 3 * (load<i32>(a, 28) - load<i32>(b, 28)), 28);
  store<i32>(out, 3 * (load<i32>(a, 32) - load<i32>(b, 32)), 32);
}

/** out = a·2^shift */
export function scale(out: usize, a: usize, shift: i32): void {
  store<i32>(out, load<i32>(a, 0) << shift, 0);
  store<i32>(out, load<i32>(a, 4) << shift, 4);
  store<i32>(out, load<i32>(a, 8) << shift, 8);
  store<i32>(out, load<i32>(a, 12) << shift, 12);
  store<i32>(out, load<i32>(a, 16) << shift, 16);
  store<i32>(out, load<i32>(a, 20) << shift, 20);
  store<i32>(out, load<i32>(a, 24) << shift, 24);
  store<i32>(out, load<i32>(a, 28) << shift, 28);
  store<i32>(out, load<i32>(a, 32) << shift, 32);
}

/** out = −a */
export function negate(out: usize, a: usize): void {
  store<i32>(out, -load<i32>(a, 0), 0);
  store<i32>(out, -load<i32>(a, 4), 4);
  store<i32>(out, -load<i32>(a, 8), 8);
  store<i32>(out, -load<i32>(a, 12), 12);
  store<i32>(out, -load<i32>(a, 16), 16);
  store<i32>(out, -load<i32>(a, 20), 20);
  store<i32>(out, -load<i32>(a, 24), 24);
  store<i32>(out, -load<i32>(a, 28), 28);
  store<i32>(out, -load<i32>(a, 32), 32);
}

/** out = a */
export function copy(out: usize, a: usize): void {
  store<i32>(out, load<i32>(a, 0), 0);
  store<i32>(out, load<i32>(a, 4), 4);
  store<i32>(out, load<i32>(a, 8), 8);
  store<i32>(out, load<i32>(a, 12), 12);
  store<i32>(out, load<i32>(a, 16), 16);
  store<i32>(out, load<i32>(a, 20), 20);
  store<i32>(out, load<i32>(a, 24), 24);
  store<i32>(out, load<i32>(a, 28), 28);
  store<i32>(out, load<i32>(a, 32), 32);
}

/** Whether every limb is 0. For an output of mul or sqr that is: whether the element is 0 mod p. */
export function isZero(a: usize): bool {
  return (
    (load<i32>(a, 0) | load<i32>(a, 4) | load<i32>(a, 8) | load<i32>(a, 12) | load<i32>(a, 16) |
      load<i32>(a, 20) | load<i32>(a, 24) | load<i32>(a, 28) | load<i32>(a, 32)) == 0
  );
}

/** R mod p: one. */
export const ONE: usize = memory.data<i32>([32, 0, -2048, 16384, 0, 0, 0, 67108864, 0]);
/** R² mod p. */
const R_SQUARED: usize = memory.data<i32>([3072, 16384, -65536, 1572864, 4194304, 33554432, 0, 1, 16]);
/** b of the curve, times R. */
export const CURVE_B: usize = memory.data<i32>([-132405179, -231709908, 163404615, 233227373, -126295138, -184161710, 69811393, 59278219, -8258511]);
/** Base point, times R. */
export const BASE_X: usize = memory.data<i32>([50353106, -225865484, -167608694, 8100650, 126254323, -107298228, 48976119, -37288724, 2281292]);
export const BASE_Y: usize = memory.data<i32>([94485420, -179414724, -189803766, -111264947, -235830292, -261692763, -20535682, -209232681, 7974075]);

/** Eight 32-bit words, little end first, into Montgomery form. The value is below 2^256. */
export function fromWords(out: usize, words: usize): void {
  let low: u64 = 0;
  let bits: i32 = 0;
  let word: usize = words;
  for (let i: usize = 0; i < 9; i++) {
    if (bits < 29 && word < words + 32) {
      low |= <u64>load<u32>(word) << bits;
      bits += 32;
      word += 4;
    }
    store<i32>(out + (i << 2), <i32>(low & MASK));
    low >>= 29;
    bits -= 29;
  }
  // Limbs of weight 2 against weight 1.
  mul(out, out, R_SQUARED);
}

function squareTimes(out: usize, count: i32): void {
  for (; count > 0; count--) sqr(out, out);
}

const POWER = memory.data(36 * 6);

/** out = 1/a, by a^(p−2); 0 gives 0. */
export function invert(out: usize, a: usize): void {
  const x1 = POWER;
  const x2 = POWER + FE;
  const x4 = POWER + 2 * FE;
  const x8 = POWER + 3 * FE;
  const x16 = POWER + 4 * FE;
  const x32 = POWER + 5 * FE;
  // x_k = a^(2^k − 1)
  copy(x1, a);
  sqr(x2, x1);
  mul(x2, x2, x1);
  sqr(x4, x2);
  squareTimes(x4, 1);
  mul(x4, x4, x2);
  sqr(x8, x4);
  squareTimes(x8, 3);
  mul(x8, x8, x4);
  sqr(x16, x8);
  squareTimes(x16, 7);
  mul(x16, x16, x8);
  sqr(x32, x16);
  squareTimes(x32, 15);
  mul(x32, x32, x16);
  // p − 2 in 32-bit words from the top: fffffffe ffffffff ffffffff ffffffff ffffffff 00000000 ffffffff fffffffd
  // fffffffe: 31 ones, then 0
  sqr(out, x16);
  squareTimes(out, 7);
  mul(out, out, x8);
  squareTimes(out, 4);
  mul(out, out, x4);
  squareTimes(out, 2);
  mul(out, out, x2);
  squareTimes(out, 1);
  mul(out, out, x1);
  squareTimes(out, 1);
  for (let i = 0; i < 4; i++) {
    squareTimes(out, 32);
    mul(out, out, x32);
  }
  squareTimes(out, 64);
  mul(out, out, x32);
  // fffffffd: 30 ones, 0, 1
  squareTimes(out, 16);
  mul(out, out, x16);
  squareTimes(out, 8);
  mul(out, out, x8);
  squareTimes(out, 4);
  mul(out, out, x4);
  squareTimes(out, 2);
  mul(out, out, x2);
  squareTimes(out, 2);
  mul(out, out, x1);
}
