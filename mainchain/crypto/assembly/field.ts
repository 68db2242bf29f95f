import { mul, sqr } from "./products";

export { mul, mulSub, mulSubEightSquares, mulSubMul, sqr, sqrSub, sqrSub8 } from "./products";

/**
 * Arithmetic mod p = 2^256 − 2^224 − 2^96 + 2^64 − 1: nine signed limbs of 29 bits, 36 bytes, little end
 * first, in Montgomery form with R = 2^261.
 *
 * Bounds (docs/crypto.md §3). A product leaves limbs in [−2^28, 2^28): weight 1. Sums are not carried: their
 * weights add. A column of a product is at most 9·w_a·w_b·2^56, so w_a·w_b ≤ 14 keeps it below 2^63.
 * Because p ≡ −1 (mod 2^64), the Montgomery digit is the column's own low 29 bits, and m·p is four shifts.
 */

const MASK: u64 = (1 << 29) - 1;

/** Bytes of an element. */
export const FE: usize = 36;

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

/** out = 4a − b */
export function fourTimesSub(out: usize, a: usize, b: usize): void {
  store<i32>(out, (load<i32>(a, 0) << 2) - load<i32>(b, 0), 0);
  store<i32>(out, (load<i32>(a, 4) << 2) - load<i32>(b, 4), 4);
  store<i32>(out, (load<i32>(a, 8) << 2) - load<i32>(b, 8), 8);
  store<i32>(out, (load<i32>(a, 12) << 2) - load<i32>(b, 12), 12);
  store<i32>(out, (load<i32>(a, 16) << 2) - load<i32>(b, 16), 16);
  store<i32>(out, (load<i32>(a, 20) << 2) - load<i32>(b, 20), 20);
  store<i32>(out, (load<i32>(a, 24) << 2) - load<i32>(b, 24), 24);
  store<i32>(out, (load<i32>(a, 28) << 2) - load<i32>(b, 28), 28);
  store<i32>(out, (load<i32>(a, 32) << 2) - load<i32>(b, 32), 32);
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

/** For the kernel of secrets. */
export function wipeField(): void {
  memory.fill(POWER, 0, 36 * 6);
}

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
