import { mulSub, sqrSub } from "./products";

export { mulSub, sqrSub } from "./products";

/**
 * Four elements mod p side by side: twenty signed limbs of 13 bits each, in Montgomery form with R = 2^273. Ten
 * vectors; each has four lanes of 32 bits, one for each element, with two limbs in a lane.
 *
 * Bounds (docs/crypto.md §3). A product leaves limbs in [−2^12, 2^12): weight 1. A column of a product is at most
 * (20·w_a·w_b + 17.3)·2^24, so w_a·w_b ≤ 5.5 keeps it below 2^31.
 */

/** Bytes of four elements. */
export const FE: usize = 160;
/** Bytes of one element where it lies alone. */
export const LONE: usize = 40;

export const ZERO: usize = memory.data(160, 16);

// Not unrolled for themselves: two large functions stay in the processor's instruction cache, six do not.

/** out = a·b/R */
@inline
export function mul(out: usize, a: usize, b: usize): void {
  mulSub(out, a, b, ZERO);
}

/** out = a²/R */
@inline
export function sqr(out: usize, a: usize): void {
  sqrSub(out, a, ZERO);
}

/** out = 8a, for a product: its limbs still fit. */
export function eightTimes(out: usize, a: usize): void {
  for (let i: usize = 0; i < FE; i += 16) {
    v128.store(out + i, i16x8.shl(v128.load(a + i), 3));
  }
}

export function add(out: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < FE; i += 16) {
    v128.store(out + i, i16x8.add(v128.load(a + i), v128.load(b + i)));
  }
}

export function sub(out: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < FE; i += 16) {
    v128.store(out + i, i16x8.sub(v128.load(a + i), v128.load(b + i)));
  }
}

/** out = a + 2b */
export function addTwice(out: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < FE; i += 16) {
    v128.store(out + i, i16x8.add(v128.load(a + i), i16x8.shl(v128.load(b + i), 1)));
  }
}

/** out = 4a − b */
export function fourTimesSub(out: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < FE; i += 16) {
    v128.store(out + i, i16x8.sub(i16x8.shl(v128.load(a + i), 2), v128.load(b + i)));
  }
}

/** out = 3(a − b) of weight 1.001: each limb passes one carry on. a − b has weight ≤ 2. */
export function subThrice(out: usize, a: usize, b: usize): void {
  const half = i16x8.splat(4096);
  // The highest limb keeps its carry.
  const allButTop = i32x4.splat(0xffff);
  let below = i32x4.splat(0);
  for (let i: usize = 0; i < FE; i += 16) {
    const once = i16x8.sub(v128.load(a + i), v128.load(b + i));
    const x = i16x8.add(once, i16x8.shl(once, 1));
    let carry = i16x8.shr_s(i16x8.add(x, half), 13);
    if (i == FE - 16) carry = v128.and(carry, allButTop);
    const rest = i16x8.sub(x, i16x8.shl(carry, 13));
    v128.store(out + i, i16x8.add(i16x8.add(rest, i32x4.shl(carry, 16)), below));
    below = i32x4.shr_u(carry, 16);
  }
}

export function copy(out: usize, a: usize): void {
  memory.copy(out, a, FE);
}

/** out = a with the lanes negated whose mask is all ones; the others' is 0. */
export function negateWhere(out: usize, a: usize, masks: v128): void {
  for (let i: usize = 0; i < FE; i += 16) {
    v128.store(out + i, i16x8.sub(v128.xor(v128.load(a + i), masks), masks));
  }
}

/** Bit i set where lane i is 0 mod p, for an element of size ≤ 7: its product by one is below p. */
export function zeroLanes(a: usize): i32 {
  mul(PRODUCT, a, ONE);
  let any = v128.load(PRODUCT);
  for (let i: usize = 16; i < FE; i += 16) any = v128.or(any, v128.load(PRODUCT + i));
  return i32x4.bitmask(i32x4.eq(any, i32x4.splat(0)));
}

const PRODUCT = memory.data(160, 16);

/** R mod p in every lane: one. Filled, as the rest here, by `ensureConstants`. */
export const ONE: usize = memory.data(160, 16);
const R_SQUARED = memory.data(160, 16);

const ONE_LIMBS = memory.data<i16>([
  0, 16, 0, 0, 0, 0, -8, 0, 512, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 0,
], 4);
const R_SQUARED_LIMBS = memory.data<i16>([
  16, 0, 768, 0, 0, -4, 0, 384, 0, 0, 3, 0, 64, 0, -4096, 1, 0, 192, 0, 0,
], 4);

let constantsReady = false;

export function ensureConstants(): void {
  if (constantsReady) return;
  gather(ONE, ONE_LIMBS, ONE_LIMBS, ONE_LIMBS, ONE_LIMBS, 4, FE);
  gather(R_SQUARED, R_SQUARED_LIMBS, R_SQUARED_LIMBS, R_SQUARED_LIMBS, R_SQUARED_LIMBS, 4, FE);
  constantsReady = true;
}

/** out = the elements whose pairs of limbs begin at these places and lie `stride` bytes apart. */
export function gather(
  out: usize,
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  stride: usize,
  bytes: usize,
): void {
  let at: usize = 0;
  for (let i: usize = 0; i < bytes; i += 16) {
    let lanes = v128.load32_zero(a0 + at);
    lanes = v128.load_lane<u32>(a1 + at, lanes, 1);
    lanes = v128.load_lane<u32>(a2 + at, lanes, 2);
    lanes = v128.load_lane<u32>(a3 + at, lanes, 3);
    v128.store(out + i, lanes);
    at += stride;
  }
}

/** Lane `lane` of out = eight 32-bit words, little end first, below 2^256, as they are. */
export function laneFromWords(out: usize, lane: usize, words: usize): void {
  let low: i64 = 0;
  let bits: i32 = 0;
  let word: usize = words;
  for (let i: usize = 0; i < 20; i++) {
    if (bits < 13 && word < words + 32) {
      low += <i64>load<u32>(word) << bits;
      bits += 32;
      word += 4;
    }
    const limb: i64 = i < 19 ? ((low + 4096) & 8191) - 4096 : low;
    store<i16>(out + ((i >> 1) << 4) + (lane << 2) + ((i & 1) << 1), <i16>limb);
    low = (low - limb) >> 13;
    bits -= 13;
  }
}

/** a in Montgomery form. */
export function toMontgomery(a: usize): void {
  mul(a, a, R_SQUARED);
}

/** 2^273 mod p, for the field of nine limbs. */
export const R_OF_NINE: usize = memory.data<i32>([131072, 0, -8388608, 67108864, 0, 0, 0, 0, 512]);

/** A lone element of twenty limbs from nine of 29 bits. */
export function loneFromNine(out: usize, nine: usize): void {
  let low: i64 = 0;
  let bits: i32 = 0;
  let limb29: usize = nine;
  for (let i: usize = 0; i < 20; i++) {
    if (bits < 13 && limb29 < nine + 36) {
      low += <i64>load<i32>(limb29) << bits;
      bits += 29;
      limb29 += 4;
    }
    const limb: i64 = i < 19 ? ((low + 4096) & 8191) - 4096 : low;
    store<i16>(out + (i << 1), <i16>limb);
    low = (low - limb) >> 13;
    bits -= 13;
  }
}

const POWER = memory.data(160 * 6, 16);

function squareTimes(out: usize, count: i32): void {
  for (; count > 0; count--) sqr(out, out);
}

/** out = 1/a, by a^(p−2), as in ../field. */
export function invert(out: usize, a: usize): void {
  const x1 = POWER;
  const x2 = POWER + FE;
  const x4 = POWER + 2 * FE;
  const x8 = POWER + 3 * FE;
  const x16 = POWER + 4 * FE;
  const x32 = POWER + 5 * FE;
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
