import { add, BASE_X, BASE_Y, copy, FE, invert, mul, mulSub, ONE, sqrSub, sub } from "./field";
import { addWideSigned, double, POINT, setAffine, widen } from "./point";

/**
 * Signed combs. An odd k < 2^256 is Σ b_i·2^i over 266 places with every b_i = ±1, so a column of a comb is
 * never zero and its table needs only the half with a positive top tooth.
 *
 * G: 14 teeth 19 apart, 2^13 points. A key: two combs of 7 teeth 38 apart, 2^6 points each, the second 19
 * places up. Both walk the same 19 columns, so s·G + t·P costs 18 doublings and 57 additions.
 */
export const COLUMNS: usize = 19;
export const BASE_TEETH: usize = 14;
export const KEY_TEETH: usize = 7;
/** 14 bases serve both: the key's combs take the even and the odd ones. */
const TEETH: usize = BASE_TEETH;
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
function basesToAffine(count: usize): void {
  copy(PREFIX, BASES + 2 * FE);
  for (let i: usize = 1; i < count; i++) {
    mul(PREFIX + i * FE, PREFIX + (i - 1) * FE, BASES + i * POINT + 2 * FE);
  }
  invert(INVERSE, PREFIX + (count - 1) * FE);
  for (let i: usize = count; i-- > 0; ) {
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

@inline
function entryAt(table: usize, index: usize): usize {
  return table + index * ENTRY;
}

/**
 * Doubles the filled part of `combs` neighbouring tables of `size` entries: T[count + i] = T[i] + Q, with
 * Q of the next table behind that of the one before. Points and Q are never equal or opposite.
 */
function extend(tables: usize, combs: usize, size: usize, count: usize, q: usize): void {
  const total = combs * count;
  // Element e is entry e mod count of table e / count, and count is a power of two.
  const shift: usize = ctz<usize>(count);
  const mask: usize = count - 1;
  for (let e: usize = 0; e < total; e++) {
    const comb = e >> shift;
    sub(D, q + comb * ENTRY, entryAt(tables, comb * size + (e & mask)));
    if (e == 0) mul(PREFIX, D, ONE);
    else mul(PREFIX + e * FE, PREFIX + (e - 1) * FE, D);
  }
  invert(INVERSE, PREFIX + (total - 1) * FE);
  for (let e: isize = total - 1; e >= 0; e--) {
    const comb: usize = <usize>e >> shift;
    const from = entryAt(tables, comb * size + (<usize>e & mask));
    const to = from + count * ENTRY;
    const point = q + comb * ENTRY;
    sub(D, point, from);
    if (e > 0) {
      mul(LAMBDA, INVERSE, PREFIX + (<usize>e - 1) * FE);
      mul(INVERSE, INVERSE, D);
    } else {
      copy(LAMBDA, INVERSE);
    }
    sub(D, point + FE, from + FE);
    mul(LAMBDA, LAMBDA, D);
    add(D, from, point);
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
  for (let k: usize = 0; k < TEETH; k++) {
    const base = BASES + k * POINT;
    const doubled = base + TEETH * POINT;
    memory.copy(doubled, base, POINT);
    double(doubled);
    if (k + 1 == TEETH) break;
    const next = base + POINT;
    memory.copy(next, doubled, POINT);
    for (let i: usize = 1; i < COLUMNS; i++) double(next);
  }
}

/** The first entry of a comb over every `stride`-th base from `first`: the top one less all others. */
function openingSum(out: usize, first: usize, stride: usize): void {
  memory.copy(out, BASES + (first + TEETH - stride) * POINT, POINT);
  for (let k: usize = first; k < TEETH - stride; k += stride) {
    widen(WIDE, BASES + k * POINT);
    addWideSigned(out, WIDE, true);
  }
}

/** All further entries of combs whose openings are in place: tooth by tooth from the bottom. */
function fillCombs(tables: usize, combs: usize, teeth: usize): void {
  for (let tooth: usize = 0; tooth < teeth - 1; tooth++) {
    extend(tables, combs, 1 << (teeth - 1), 1 << tooth, AFFINE + (TEETH + combs * tooth) * ENTRY);
  }
}

let baseTableReady = false;

export function ensureBaseTable(): void {
  if (baseTableReady) return;
  fillBases(BASE_X, BASE_Y);
  openingSum(BASES + 28 * POINT, 0, 1);
  basesToAffine(29);
  copyEntry(BASE_TABLE, 28);
  fillCombs(BASE_TABLE, 1, BASE_TEETH);
  baseTableReady = true;
}

export function fillKeyTable(table: usize, x: usize, y: usize): void {
  fillBases(x, y);
  openingSum(BASES + 28 * POINT, 0, 2);
  openingSum(BASES + 29 * POINT, 1, 2);
  basesToAffine(30);
  copyEntry(table, 28);
  copyEntry(table + KEY_COMB, 29);
  fillCombs(table, 2, KEY_TEETH);
}

function copyEntry(to: usize, affine: usize): void {
  memory.copy(to, AFFINE + affine * ENTRY, ENTRY);
}
