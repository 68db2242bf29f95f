import { add, BASE_X, BASE_Y, copy, FE, invert, mul, mulSub, ONE, sqrSub, sub } from "./field";
import { addAffineSigned, addWideSigned, double, POINT, setAffine, WIDE_POINT, widen } from "./point";

/**
 * Signed combs. An odd k < 2^256 is Σ b_i·2^i over 266 places with every b_i = ±1, so a column of a comb is
 * never zero and its table needs only the half with a positive top tooth.
 *
 * G: 14 teeth 19 apart, 2^13 points. A key: two combs of 7 teeth 38 apart, 2^6 points each, the second 19
 * places up. Both walk the same 19 columns, so s·G + t·P costs 18 doublings and 57 additions.
 */
export const COLUMNS: u32 = 19;
export const BASE_TEETH: u32 = 14;
export const KEY_TEETH: u32 = 7;
export const ENTRY: usize = 2 * FE;
export const BASE_TABLE: usize = memory.data(8192 * 72);
/** Bytes of one comb of a key, of which it has two. */
export const KEY_COMB: usize = 64 * ENTRY;

/** B_k = 2^(19k)·P for 14 k, then 2·B_k, then the sums that open the tables: Jacobian, then affine. */
const BASES = memory.data(30 * 108);
const AFFINE = memory.data(30 * 72);
const PREFIX = memory.data(4096 * 36);
const WIDE = memory.data(180);
const INVERSE = memory.data(36);
const LAMBDA = memory.data(36);
const X = memory.data(36);
const D = memory.data(36);

/** AFFINE = the first `count` of BASES by one shared inversion. */
function basesToAffine(count: i32): void {
  copy(PREFIX, BASES + 2 * FE);
  for (let i = 1; i < count; i++) {
    mul(PREFIX + i * FE, PREFIX + (i - 1) * FE, BASES + i * POINT + 2 * FE);
  }
  invert(INVERSE, PREFIX + (count - 1) * FE);
  for (let i = count - 1; i >= 0; i--) {
    const p = BASES + i * POINT;
    if (i > 0) {
      mul(LAMBDA, INVERSE, PREFIX + (i - 1) * FE);
      mul(INVERSE, INVERSE, p + 2 * FE);
    } else {
      copy(LAMBDA, INVERSE);
    }
    mul(D, LAMBDA, LAMBDA);
    mul(AFFINE + i * ENTRY, p, D);
    mul(D, D, LAMBDA);
    mul(AFFINE + i * ENTRY + FE, p + FE, D);
  }
}

/** Doubles the filled part of a table: T[count + i] = T[i] + Q. The two are never equal or opposite. */
function extend(table: usize, count: i32, q: usize): void {
  for (let i = 0; i < count; i++) {
    sub(D, q, table + i * ENTRY);
    if (i == 0) mul(PREFIX, D, ONE);
    else mul(PREFIX + i * FE, PREFIX + (i - 1) * FE, D);
  }
  invert(INVERSE, PREFIX + (count - 1) * FE);
  for (let i = count - 1; i >= 0; i--) {
    const from = table + i * ENTRY;
    const to = table + (count + i) * ENTRY;
    sub(D, q, from);
    if (i > 0) {
      mul(LAMBDA, INVERSE, PREFIX + (i - 1) * FE);
      mul(INVERSE, INVERSE, D);
    } else {
      copy(LAMBDA, INVERSE);
    }
    sub(D, q + FE, from + FE);
    mul(LAMBDA, LAMBDA, D);
    add(D, from, q);
    sqrSub(X, LAMBDA, D);
    sub(D, from, X);
    mulSub(D, LAMBDA, D, from + FE);
    // Back to |value| < 0.75·2^256, or it would grow with every level.
    mul(to, X, ONE);
    mul(to + FE, D, ONE);
  }
}

/** BASES[0..13] = B_k, BASES[14..27] = 2·B_k. */
function fillBases(x: usize, y: usize): void {
  setAffine(BASES, x, y);
  for (let k: u32 = 0; k < BASE_TEETH; k++) {
    const doubled = BASES + (BASE_TEETH + k) * POINT;
    memory.copy(doubled, BASES + k * POINT, POINT);
    double(doubled);
    if (k + 1 == BASE_TEETH) break;
    const next = BASES + (k + 1) * POINT;
    memory.copy(next, doubled, POINT);
    for (let i: u32 = 1; i < COLUMNS; i++) double(next);
  }
}

/** The first entry of a comb, B_top − Σ the others, for every `stride`-th base from `first`. */
function openingSum(out: usize, first: u32, stride: u32, teeth: u32): void {
  memory.copy(out, BASES + (first + stride * (teeth - 1)) * POINT, POINT);
  for (let k: u32 = 0; k < teeth - 1; k++) {
    widen(WIDE, BASES + (first + stride * k) * POINT);
    addWideSigned(out, WIDE, true);
  }
}

function fillComb(table: usize, opening: usize, first: u32, stride: u32, teeth: u32): void {
  memory.copy(table, opening, ENTRY);
  for (let k: u32 = 0; k < teeth - 1; k++) {
    extend(table, 1 << k, AFFINE + (BASE_TEETH + first + stride * k) * ENTRY);
  }
}

let baseTableReady = false;

export function ensureBaseTable(): void {
  if (baseTableReady) return;
  fillBases(BASE_X, BASE_Y);
  openingSum(BASES + 28 * POINT, 0, 1, BASE_TEETH);
  basesToAffine(29);
  fillComb(BASE_TABLE, AFFINE + 28 * ENTRY, 0, 1, BASE_TEETH);
  baseTableReady = true;
}

export function fillKeyTable(table: usize, x: usize, y: usize): void {
  fillBases(x, y);
  openingSum(BASES + 28 * POINT, 0, 2, KEY_TEETH);
  openingSum(BASES + 29 * POINT, 1, 2, KEY_TEETH);
  basesToAffine(30);
  fillComb(table, AFFINE + 28 * ENTRY, 0, 2, KEY_TEETH);
  fillComb(table + KEY_COMB, AFFINE + 29 * ENTRY, 1, 2, KEY_TEETH);
}
