import { BASE_X, BASE_Y, FE, invert, mul } from "../field";
import { negateIf } from "./normalize";
import { addAffine, addPoint, doublePoint, POINT, setPoint } from "./point";
import { SCALAR, signedBits } from "./scalar";

/**
 * Secret multiples of points: 64 odd digits within ±15, none of them zero, so the sequence of doublings and
 * additions is one and the same for every scalar; a table's entry is picked by reading all eight of them.
 */
const WINDOWS: usize = 64;
const ENTRIES: usize = 8;
/** Two coordinates, filled up to five vectors. */
const AFFINE_ENTRY: usize = 80;
/** Three coordinates, filled up to seven vectors. */
const POINT_ENTRY: usize = 112;

/** (2i + 1)·16^j·G for i < 8, j < 64: 40 KB. Public, and kept. */
const BASE_TABLE = memory.data(64 * 8 * 80, 16);
const PREFIX = memory.data(8 * 36);
const BASE_POINT = memory.data(112, 16);
const MULTIPLES = memory.data(8 * 112, 16);
const TWICE = memory.data(112, 16);
const ENTRY = memory.data(112, 16);
const BITS = memory.data(32);
const INVERSE = memory.data(36);
let baseTableReady = false;

export function wipeMultiples(): void {
  memory.fill(MULTIPLES, 0, ENTRIES * POINT_ENTRY);
  memory.fill(TWICE, 0, POINT_ENTRY);
  memory.fill(ENTRY, 0, POINT_ENTRY);
  memory.fill(BITS, 0, SCALAR);
  memory.fill(INVERSE, 0, FE);
}

/** MULTIPLES = P, 3P … 15P. */
function fillMultiples(p: usize): void {
  memory.copy(MULTIPLES, p, POINT);
  memory.copy(TWICE, p, POINT);
  doublePoint(TWICE);
  for (let i: usize = 1; i < ENTRIES; i++) {
    const entry = MULTIPLES + i * POINT_ENTRY;
    memory.copy(entry, entry - POINT_ENTRY, POINT);
    addPoint(entry, TWICE);
  }
}

/** One window's eight points made affine by one inversion. */
function fillWindow(table: usize): void {
  memory.copy(PREFIX, MULTIPLES + 2 * FE, FE);
  for (let i: usize = 1; i < ENTRIES; i++) {
    mul(PREFIX + i * FE, PREFIX + (i - 1) * FE, MULTIPLES + i * POINT_ENTRY + 2 * FE);
  }
  invert(INVERSE, PREFIX + (ENTRIES - 1) * FE);
  for (let i: usize = ENTRIES; i-- > 0; ) {
    const entry = MULTIPLES + i * POINT_ENTRY;
    const out = table + i * AFFINE_ENTRY;
    if (i > 0) mul(ENTRY, INVERSE, PREFIX + (i - 1) * FE);
    else memory.copy(ENTRY, INVERSE, FE);
    mul(INVERSE, INVERSE, entry + 2 * FE);
    mul(out, entry, ENTRY);
    mul(out + FE, entry + FE, ENTRY);
  }
}

function ensureBaseTable(): void {
  if (baseTableReady) return;
  memory.copy(BASE_POINT, BASE_X, FE);
  memory.copy(BASE_POINT + FE, BASE_Y, FE);
  setPoint(TWICE, BASE_POINT);
  memory.copy(BASE_POINT, TWICE, POINT);
  for (let j: usize = 0; j < WINDOWS; j++) {
    fillMultiples(BASE_POINT);
    fillWindow(BASE_TABLE + j * ENTRIES * AFFINE_ENTRY);
    for (let i = 0; i < 4; i++) doublePoint(BASE_POINT);
  }
  baseTableReady = true;
}

/** ENTRY = the table's entry of this digit, its y negated where the digit is negative; all are read. */
@inline
function pick(table: usize, entryBytes: usize, window: usize, flipped: u32): void {
  const shift: u32 = <u32>((window & 7) << 2);
  const digit: u32 = (load<u32>(BITS + ((window >> 3) << 2)) >> shift) & 15;
  // Bits of value w stand for 2w − 15: positive from 8 up.
  const negative: u32 = (digit >> 3) - 1;
  const index: u32 = (digit ^ negative) & 7;
  for (let at: usize = 0; at < entryBytes; at += 16) v128.store(ENTRY + at, i32x4.splat(0));
  for (let i: u32 = 0; i < <u32>ENTRIES; i++) {
    const mask = i32x4.splat(<i32>((i ^ index) - 1) >> 31);
    const entry = table + <usize>i * entryBytes;
    for (let at: usize = 0; at < entryBytes; at += 16) {
      const kept = v128.and(v128.load(entry + at), mask);
      v128.store(ENTRY + at, v128.or(v128.load(ENTRY + at), kept));
    }
  }
  negateIf(ENTRY + FE, ENTRY + FE, <i32>(negative ^ flipped));
}

/** out = k·G, k in [1, n−1]. */
export function multiplyBase(out: usize, k: usize): void {
  ensureBaseTable();
  const flipped = signedBits(BITS, k);
  pick(BASE_TABLE, AFFINE_ENTRY, 0, flipped);
  setPoint(out, ENTRY);
  for (let j: usize = 1; j < WINDOWS; j++) {
    pick(BASE_TABLE + j * ENTRIES * AFFINE_ENTRY, AFFINE_ENTRY, j, flipped);
    addAffine(out, ENTRY);
  }
}

/** out = k·p, k in [1, n−1], p not infinite. */
export function multiplyPoint(out: usize, p: usize, k: usize): void {
  const flipped = signedBits(BITS, k);
  fillMultiples(p);
  pick(MULTIPLES, POINT_ENTRY, WINDOWS - 1, flipped);
  memory.copy(out, ENTRY, POINT);
  for (let j: usize = WINDOWS - 1; j-- > 0; ) {
    doublePoint(out);
    doublePoint(out);
    doublePoint(out);
    doublePoint(out);
    pick(MULTIPLES, POINT_ENTRY, j, flipped);
    addPoint(out, ENTRY);
  }
}
