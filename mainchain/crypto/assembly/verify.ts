import { CURVE_B, copy, FE, fromWords, isZero, mul, mulSub, ONE, sqr, sub, add } from "./field";
import {
  addAffineSigned,
  addShared,
  addWideSigned,
  double,
  doubleShared,
  isInfinity,
  setInfinity,
  WIDE_POINT,
  widenInPlace,
} from "./point";
import {
  BASE_TABLE,
  BASE_TEETH,
  COLUMNS,
  ENTRY,
  ensureBaseTable,
  fillKeyTable,
  KEY_COMB,
  KEY_TEETH,
} from "./table";
import {
  addWords,
  bitsAt,
  fromBytes,
  isBelow,
  isZeroWords,
  N,
  P,
  subWords,
} from "./words";

/** Input: r‖s (64), e (32), 04‖x‖y (65). */
export const INPUT: usize = memory.data(64 + 32 + 65, 8);
const DIGEST: usize = INPUT + 64;
const PUBLIC_KEY: usize = INPUT + 96;

const R = memory.data(32);
export const S: usize = memory.data(32);
export const T: usize = memory.data(32);
const E = memory.data(32);
const WORDS = memory.data(32);
const KEY_X = memory.data(36);
const KEY_Y = memory.data(36);
const A = memory.data(36);
const B = memory.data(36);
const SUM = memory.data(108);
const ODD_MULTIPLES = memory.data(8 * 180);
const TWICE = memory.data(72);
const NAF = memory.data(264);
/** Digits ±1 of an odd scalar as bits, 266 of them. */
const BASE_SIGNS = memory.data(40);
const KEY_SIGNS = memory.data(40);

/** KEY_X, KEY_Y from the input, or false: not 04‖x‖y, a coordinate ≥ p, or off the curve. */
export function loadKey(): bool {
  if (load<u8>(PUBLIC_KEY) != 4) return false;
  fromBytes(WORDS, PUBLIC_KEY + 1);
  if (!isBelow(WORDS, P)) return false;
  fromWords(KEY_X, WORDS);
  fromBytes(WORDS, PUBLIC_KEY + 33);
  if (!isBelow(WORDS, P)) return false;
  fromWords(KEY_Y, WORDS);
  // x(x² − 3) − y² + b
  sqr(A, KEY_X);
  sub(A, A, ONE);
  sub(A, A, ONE);
  sub(A, A, ONE);
  sqr(B, KEY_Y);
  mulSub(A, A, KEY_X, B);
  add(A, A, CURVE_B);
  mul(A, A, ONE);
  return isZero(A);
}

/** R, S, T = r + s, E from the input, or false: r or s outside [1, n−1], or r + s ≡ 0. */
export function loadSignature(): bool {
  fromBytes(R, INPUT);
  fromBytes(S, INPUT + 32);
  if (isZeroWords(R) || isZeroWords(S) || !isBelow(R, N) || !isBelow(S, N)) return false;
  if (addWords(T, R, S) != 0 || !isBelow(T, N)) subWords(T, T, N);
  return !isZeroWords(T);
}

/** Signs of an odd k ≡ ±scalar; whether it is −scalar. u = (k + 2^266 − 1)/2 has bit i set where b_i = +1. */
export function recodeSigns(out: usize, scalar: usize): bool {
  let flipped = false;
  let source = scalar;
  if ((load<u32>(scalar) & 1) == 0) {
    subWords(WORDS, N, scalar);
    source = WORDS;
    flipped = true;
  }
  for (let i: usize = 0; i < 32; i += 4) {
    const high: u32 = i < 28 ? load<u32>(source + i + 4) : 0;
    store<u32>(out + i, (load<u32>(source + i) >> 1) | (high << 31));
  }
  store<u32>(out + 32, 1 << 9);
  return flipped;
}

@inline
function addColumn(
  signs: usize,
  table: usize,
  first: usize,
  stride: usize,
  teeth: usize,
  flipped: bool,
): void {
  let digits: u32 = 0;
  for (let k: usize = 0; k < teeth; k++) {
    digits |= bitsAt(signs, <u32>(first + k * stride), 1) << <u32>k;
  }
  const half: u32 = 1 << (<u32>teeth - 1);
  const negative = digits < half;
  const index = (negative ? ~digits : digits) & (half - 1);
  addAffineSigned(SUM, table + <usize>index * ENTRY, negative != flipped);
}

/** out = r − e mod n: what x of the sum must be. */
export function xOfR(out: usize): void {
  fromBytes(E, DIGEST);
  if (!isBelow(E, N)) subWords(E, E, N);
  if (subWords(out, R, E) != 0) addWords(out, out, N);
}

/** Whether SUM is finite and its x is r − e mod n: X = x·Z², no inversion. */
function sumHasX(): bool {
  if (isInfinity(SUM)) return false;
  xOfR(WORDS);
  sqr(B, SUM + 2 * FE);
  if (hasX()) return true;
  // x mod n may have come from x + n, where that is still below p.
  return addWords(WORDS, WORDS, N) == 0 && isBelow(WORDS, P) && hasX();
}

function hasX(): bool {
  fromWords(A, WORDS);
  mulSub(A, A, B, SUM);
  mul(A, A, ONE);
  return isZero(A);
}

/** Odd multiples P, 3P … 15P, with Z² and Z³. */
function fillOddMultiples(): void {
  copy(ODD_MULTIPLES, KEY_X);
  copy(ODD_MULTIPLES + FE, KEY_Y);
  doubleShared(TWICE, ODD_MULTIPLES, ODD_MULTIPLES + 2 * FE);
  widenInPlace(ODD_MULTIPLES);
  for (let i: usize = 1; i < 8; i++) {
    const next = ODD_MULTIPLES + i * WIDE_POINT;
    const last = next - WIDE_POINT;
    addShared(next, TWICE, last, A);
    mul(next + 2 * FE, last + 2 * FE, A);
    widenInPlace(next);
  }
}

/** Digits of T: zero or odd within ±15, at least four zeros after each. */
function fillNaf(): void {
  memory.fill(NAF, 0, 264);
  store<u32>(KEY_SIGNS + 32, 0);
  memory.copy(KEY_SIGNS, T, 32);
  let carry: u32 = 0;
  let bit: u32 = 0;
  while (bit < 257) {
    if (bitsAt(KEY_SIGNS, bit, 1) == carry) {
      bit++;
      continue;
    }
    const count: u32 = bit + 5 > 257 ? 257 - bit : 5;
    const digit = bitsAt(KEY_SIGNS, bit, count) + carry;
    carry = (digit >> 4) & 1;
    store<i8>(NAF + bit, <i8>(<i32>digit - <i32>(carry << 5)));
    bit += count;
  }
}

/** 1 if the input is a valid signature, by a windowed walk over the key. */
export function verifyFresh(): i32 {
  if (!loadSignature() || !loadKey()) return 0;
  ensureBaseTable();
  const flipped = recodeSigns(BASE_SIGNS, S);
  fillNaf();
  fillOddMultiples();
  setInfinity(SUM);
  for (let i: i32 = 256; i >= 0; i--) {
    double(SUM);
    const digit: i32 = load<i8>(NAF + i);
    if (digit > 0) addWideSigned(SUM, ODD_MULTIPLES + <usize>(digit >> 1) * WIDE_POINT, false);
    else if (digit < 0) addWideSigned(SUM, ODD_MULTIPLES + <usize>(-digit >> 1) * WIDE_POINT, true);
    if (i < <i32>COLUMNS) addColumn(BASE_SIGNS, BASE_TABLE, i, COLUMNS, BASE_TEETH, flipped);
  }
  return sumHasX() ? 1 : 0;
}

/** 1 if `table` now holds the combs of the input's key; 0 if that is no key. */
export function prepareKey(table: usize): i32 {
  if (!loadKey()) return 0;
  fillKeyTable(table, KEY_X, KEY_Y);
  return 1;
}

/** 1 if the input is a valid signature by the key whose combs are at `table`; the input's key is not read. */
export function verifyPrepared(table: usize): i32 {
  if (!loadSignature()) return 0;
  ensureBaseTable();
  const baseFlipped = recodeSigns(BASE_SIGNS, S);
  const keyFlipped = recodeSigns(KEY_SIGNS, T);
  setInfinity(SUM);
  for (let j: i32 = <i32>COLUMNS - 1; j >= 0; j--) {
    double(SUM);
    addColumn(KEY_SIGNS, table, j, 2 * COLUMNS, KEY_TEETH, keyFlipped);
    addColumn(KEY_SIGNS, table + KEY_COMB, <usize>j + COLUMNS, 2 * COLUMNS, KEY_TEETH, keyFlipped);
    addColumn(BASE_SIGNS, BASE_TABLE, j, COLUMNS, BASE_TEETH, baseFlipped);
  }
  return sumHasX() ? 1 : 0;
}

export function inputAddress(): usize {
  return INPUT;
}

export function heapBase(): usize {
  return __heap_base;
}

export function baseTableAddress(): usize {
  ensureBaseTable();
  return BASE_TABLE;
}
