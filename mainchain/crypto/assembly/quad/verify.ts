import { FE as NINE, mul as mulNine } from "../field";
import {
  BASE_TABLE,
  BASE_TEETH,
  COLUMNS,
  ENTRY as NINE_ENTRY,
  ensureBaseTable,
  KEY_COMB as NINE_COMB,
  KEY_TEETH,
} from "../table";
import {
  INPUT,
  loadKey,
  loadSignature,
  prepareKey,
  recodeSigns,
  S,
  T,
  verifyFresh,
  verifyPrepared,
  xOfR,
} from "../verify";
import { addWords, bitsAt, fromBytes, isBelow, N, P } from "../words";
import {
  copy,
  ensureConstants,
  FE,
  gather,
  invert,
  laneFromWords,
  LONE,
  loneFromNine,
  mul,
  mulSub,
  negateWhere,
  ONE,
  R_OF_NINE,
  sqr,
  toMontgomery,
  zeroLanes,
} from "./field";
import { addAffine, addShared, double, doubleShared, POINT } from "./point";


/**
 * Verification of up to 32 signatures by 32 keys, four in a vector. Where an item leaves the common way (points that
 * meet, an x that may stand for two), the walks of ../verify decide it.
 */
const ITEM: usize = 161;
/** r‖s, e, key of each item. */
const ITEMS = memory.data(32 * 161, 16);
/** Where its key's table lies, or 0. */
const KEY_TABLES = memory.data(32 * 4, 4);
const ANSWERS = memory.data(32);

/** The items that walk, by lane. */
const LANES = memory.data(32);
let laneCount: usize = 0;

/** Digits ±1 of the odd scalars as bits, and all ones where they stand for the negative. */
const SIGNS: usize = 40;
const KEY_SIGNS = memory.data(32 * 40, 8);
const BASE_SIGNS = memory.data(32 * 40, 8);
const KEY_FLIPS = memory.data(32 * 4, 4);
const BASE_FLIPS = memory.data(32 * 4, 4);

const PAIR: usize = 2 * FE;
const LONE_PAIR: usize = 2 * LONE;
/** Odd multiples P, 3P … 31P of four keys, affine. */
const MULTIPLES: usize = 16;
const WINDOW: u32 = 5;
const WINDOWS: u32 = 52;
const TABLE: usize = MULTIPLES * PAIR;
const TABLES = memory.data(8 * 16 * 320, 16);
/** What Z of each multiple is, over that of the multiple before. */
const FACTORS = memory.data(8 * 16 * 160, 16);
const LAST_Z = memory.data(8 * 160, 16);
const PREFIX = memory.data(8 * 160, 16);
const TWICE = memory.data(320, 16);
const INVERSE = memory.data(160, 16);
const LAMBDA = memory.data(160, 16);
const SQUARE = memory.data(160, 16);
const CUBE = memory.data(160, 16);
const X = memory.data(160, 16);

const SUM = memory.data(480, 16);
const ADDEND = memory.data(320, 16);
/** Of the four entries that are added next: where they lie, and all ones where they are subtracted. */
const PLACES = memory.data(16, 16);
const MASKS = memory.data(16, 16);
const WORDS = memory.data(32, 8);

/** G's comb over again, in this field. */
const BASE = memory.data(8192 * 80, 16);
const CONVERTED = memory.data(36);
let ready = false;

function convert(to: usize, from: usize, entries: usize): void {
  for (let i: usize = 0; i < 2 * entries; i++) {
    mulNine(CONVERTED, from + i * NINE, R_OF_NINE);
    loneFromNine(to + i * LONE, CONVERTED);
  }
}

function ensureReady(): void {
  if (ready) return;
  ensureConstants();
  ensureBaseTable();
  convert(BASE, BASE_TABLE, 8192);
  ready = true;
}

/** A prepared key: its combs for one signature at a time, and behind them for four. */
const COMB: usize = 64 * LONE_PAIR;

export function keyTableBytes(): usize {
  return 2 * NINE_COMB + 2 * COMB;
}

/** 1 if `table` now holds the combs of the input's key; 0 if that is no key. */
export function prepareKeyTable(table: usize): i32 {
  if (prepareKey(table) == 0) return 0;
  convert(table + 2 * NINE_COMB, table, 128);
  return 1;
}

function loadItem(item: usize): void {
  memory.copy(INPUT, ITEMS + item * ITEM, ITEM);
}

function tableOf(item: usize): usize {
  return load<u32>(KEY_TABLES + (item << 2));
}

/** The scalars of the signature in the input become those of a lane. */
function setScalars(lane: usize): void {
  const at = lane * SIGNS;
  store<i32>(KEY_FLIPS + (lane << 2), recodeSigns(KEY_SIGNS + at, T) ? -1 : 0);
  store<i32>(BASE_FLIPS + (lane << 2), recodeSigns(BASE_SIGNS + at, S) ? -1 : 0);
}

/** The key in the input becomes the first multiple of a lane, and the scalar's digits go over 260 places. */
function setKey(lane: usize): void {
  const table = TABLES + (lane >> 2) * TABLE;
  fromBytes(WORDS, INPUT + 97);
  laneFromWords(table, lane & 3, WORDS);
  fromBytes(WORDS, INPUT + 129);
  laneFromWords(table + FE, lane & 3, WORDS);
  store<u32>(KEY_SIGNS + lane * SIGNS + 32, 1 << 3);
}

/** Gives lanes to the first `count` items that have a table, or have none, and are not refused at first sight. */
function fillLanes(count: usize, prepared: bool): void {
  laneCount = 0;
  for (let item: usize = 0; item < count; item++) {
    if ((tableOf(item) != 0) != prepared) continue;
    loadItem(item);
    store<u8>(ANSWERS + item, 0);
    if (!loadSignature() || (!prepared && !loadKey())) continue;
    takeLane(item, prepared);
  }
  const rest = laneCount & 3;
  if (rest == 0) return;
  if (rest == 3) {
    // The fourth lane does again what the third does.
    const item: usize = load<u8>(LANES + laneCount - 1);
    loadItem(item);
    loadSignature();
    takeLane(item, prepared);
    return;
  }
  for (let i: usize = 0; i < rest; i++) decideAlone(load<u8>(LANES + --laneCount));
}

function takeLane(item: usize, prepared: bool): void {
  store<u8>(LANES + laneCount, <u8>item);
  setScalars(laneCount);
  if (!prepared) setKey(laneCount);
  laneCount++;
}

function decideAlone(item: usize): void {
  loadItem(item);
  const table = tableOf(item);
  store<u8>(ANSWERS + item, <u8>(table == 0 ? verifyFresh() : verifyPrepared(table)));
}

/** P, 3P … 31P, each over a Z of its own; the last Z. */
function fillMultiples(group: usize): void {
  const table = TABLES + group * TABLE;
  const factors = FACTORS + group * MULTIPLES * FE;
  const z = LAST_Z + group * FE;
  toMontgomery(table);
  toMontgomery(table + FE);
  doubleShared(TWICE, table, factors);
  copy(z, factors);
  for (let i: usize = 1; i < MULTIPLES; i++) {
    const factor = factors + i * FE;
    addShared(table + i * PAIR, TWICE, table + (i - 1) * PAIR, factor);
    mul(z, z, factor);
  }
}

/** The multiples of a group become affine. LAMBDA is 1/Z of the last. */
function normalizeMultiples(group: usize): void {
  const table = TABLES + group * TABLE;
  for (let i: usize = MULTIPLES; i-- > 0; ) {
    const entry = table + i * PAIR;
    sqr(SQUARE, LAMBDA);
    mul(entry, entry, SQUARE);
    mul(CUBE, SQUARE, LAMBDA);
    mul(entry + FE, entry + FE, CUBE);
    if (i > 0) mul(LAMBDA, LAMBDA, FACTORS + (group * MULTIPLES + i) * FE);
  }
}

/** All tables of multiples, by one inversion. */
function fillTables(groups: usize): void {
  for (let group: usize = 0; group < groups; group++) {
    fillMultiples(group);
    const z = LAST_Z + group * FE;
    if (group == 0) copy(PREFIX, z);
    else mul(PREFIX + group * FE, PREFIX + (group - 1) * FE, z);
  }
  invert(INVERSE, PREFIX + (groups - 1) * FE);
  for (let group: usize = groups; group-- > 0; ) {
    if (group > 0) {
      mul(LAMBDA, INVERSE, PREFIX + (group - 1) * FE);
      mul(INVERSE, INVERSE, LAST_Z + group * FE);
    } else {
      copy(LAMBDA, INVERSE);
    }
    normalizeMultiples(group);
  }
}

function setPlace(slot: usize, place: usize, negative: bool, flip: i32): void {
  store<u32>(PLACES + (slot << 2), <u32>place);
  store<i32>(MASKS + (slot << 2), negative ? ~flip : flip);
}

/** ADDEND = the four entries, of which the pairs of limbs lie `stride` bytes apart. */
function collect(stride: usize): void {
  const a = load<u32>(PLACES);
  const b = load<u32>(PLACES, 4);
  const c = load<u32>(PLACES, 8);
  const d = load<u32>(PLACES, 12);
  gather(ADDEND, a, b, c, d, stride, PAIR);
  negateWhere(ADDEND + FE, ADDEND + FE, v128.load(MASKS));
}

function pickMultiples(group: usize, window: u32): void {
  for (let slot: usize = 0; slot < 4; slot++) {
    const lane = (group << 2) + slot;
    const digit = bitsAt(KEY_SIGNS + lane * SIGNS, window * WINDOW, WINDOW);
    const negative = digit < 16;
    const index: usize = negative ? 15 - digit : digit - 16;
    const place = TABLES + group * TABLE + index * PAIR + (slot << 2);
    setPlace(slot, place, negative, load<i32>(KEY_FLIPS + (lane << 2)));
  }
  collect(16);
}

@inline
function pickColumn(
  slot: usize,
  signs: usize,
  flip: i32,
  table: usize,
  first: usize,
  stride: usize,
  teeth: usize,
): void {
  let digits: u32 = 0;
  for (let k: usize = 0; k < teeth; k++) {
    digits |= bitsAt(signs, <u32>(first + k * stride), 1) << <u32>k;
  }
  const half: u32 = 1 << (<u32>teeth - 1);
  const negative = digits < half;
  const index: usize = (negative ? ~digits : digits) & (half - 1);
  setPlace(slot, table + index * LONE_PAIR, negative, flip);
}

function addBaseColumn(group: usize, column: usize): void {
  for (let slot: usize = 0; slot < 4; slot++) {
    const lane = (group << 2) + slot;
    const flip = load<i32>(BASE_FLIPS + (lane << 2));
    pickColumn(slot, BASE_SIGNS + lane * SIGNS, flip, BASE, column, COLUMNS, BASE_TEETH);
  }
  collect(4);
  addAffine(SUM, ADDEND);
}

/** ADDEND = what the keys' lower combs, or upper ones, have for a column. */
function pickKeyColumn(group: usize, column: usize, upper: usize): void {
  for (let slot: usize = 0; slot < 4; slot++) {
    const lane = (group << 2) + slot;
    const flip = load<i32>(KEY_FLIPS + (lane << 2));
    const comb = tableOf(load<u8>(LANES + lane)) + 2 * NINE_COMB + upper * COMB;
    const first = column + upper * COLUMNS;
    pickColumn(slot, KEY_SIGNS + lane * SIGNS, flip, comb, first, 2 * COLUMNS, KEY_TEETH);
  }
  collect(4);
}

/** SUM = ADDEND */
function begin(): void {
  memory.copy(SUM, ADDEND, PAIR);
  copy(SUM + PAIR, ONE);
}

function walkFresh(group: usize): void {
  // The highest window is 1 of every scalar.
  pickMultiples(group, WINDOWS - 1);
  begin();
  let untilWindow: i32 = <i32>WINDOW;
  let window: u32 = WINDOWS - 1;
  for (let bit: i32 = 254; bit >= 0; bit--) {
    double(SUM);
    if (--untilWindow == 0) {
      untilWindow = <i32>WINDOW;
      pickMultiples(group, --window);
      addAffine(SUM, ADDEND);
    }
    if (bit < <i32>COLUMNS) addBaseColumn(group, bit);
  }
}

function walkPrepared(group: usize): void {
  for (let column: i32 = <i32>COLUMNS - 1; column >= 0; column--) {
    if (column == <i32>COLUMNS - 1) {
      pickKeyColumn(group, column, 0);
      begin();
    } else {
      double(SUM);
      pickKeyColumn(group, column, 0);
      addAffine(SUM, ADDEND);
    }
    pickKeyColumn(group, column, 1);
    addAffine(SUM, ADDEND);
    addBaseColumn(group, column);
  }
}

/** Compares the x of the sums; X = x·Z², no inversion. */
function decide(group: usize): void {
  let doubtful: i32 = 0;
  for (let slot: usize = 0; slot < 4; slot++) {
    loadItem(load<u8>(LANES + (group << 2) + slot));
    loadSignature();
    xOfR(WORDS);
    laneFromWords(X, slot, WORDS);
    // x mod n may have come from x + n, where that is still below p.
    if (addWords(WORDS, WORDS, N) == 0 && isBelow(WORDS, P)) doubtful |= 1 << <i32>slot;
  }
  toMontgomery(X);
  sqr(SQUARE, SUM + 2 * FE);
  mulSub(X, X, SQUARE, SUM);
  const met = zeroLanes(SUM + 2 * FE);
  const equal = zeroLanes(X);
  for (let slot: usize = 0; slot < 4; slot++) {
    const item: usize = load<u8>(LANES + (group << 2) + slot);
    const bit = 1 << <i32>slot;
    if ((met & bit) != 0 || ((doubtful & bit) != 0 && (equal & bit) == 0)) decideAlone(item);
    else store<u8>(ANSWERS + item, (equal & bit) != 0 ? 1 : 0);
  }
}

/**
 * Answers for the first `count` ≤ 32 items, 1 or 0 each: exactly those of `verifyFresh`, or of `verifyPrepared` where a
 * key has a table.
 */
export function verifyItems(count: usize): void {
  ensureReady();
  fillLanes(count, false);
  if (laneCount > 0) fillTables(laneCount >> 2);
  for (let group: usize = 0; group < laneCount >> 2; group++) {
    walkFresh(group);
    decide(group);
  }
  fillLanes(count, true);
  for (let group: usize = 0; group < laneCount >> 2; group++) {
    walkPrepared(group);
    decide(group);
  }
}

export function itemsAddress(): usize {
  return ITEMS;
}

export function keyTablesAddress(): usize {
  return KEY_TABLES;
}

export function answersAddress(): usize {
  return ANSWERS;
}
