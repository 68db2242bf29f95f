/**
 * SM4, eight blocks at a time: two groups of four, one word of each in a lane, for a round has to wait for the
 * one before and a second group fills the wait. Which memory is touched, and for how long, depends on
 * no secret. Source: GB/T 32907-2016.
 */

/**
 * The S-box is A·x⁻¹ + d3 over GF(2^8), with x = A·input + d3. Over GF(2^4) (w^4 = w + 1) write x = k + i·β with
 * β² + 2β + 2 = 0, 2 standing for w: then N = k² + 2ik + 2i² is the norm and x⁻¹ a sum of (k + 2i)/N and
 * (k + 2i + 2k)/N, and with j = i + k these are 1/(1/(1/i + 2/k) + j) and 1/(1/(1/j + 2/k) + i). So one
 * inversion takes look-ups in tables of sixteen bytes, which a byte shuffle does inside a register. 1/0 is 0x80,
 * "infinite": any index above 15 answers 0, which is 1/∞.
 */
const IN_LOW: usize = memory.data<u8>([
  95, 143, 137, 89, 59, 235, 237, 61, 23, 199, 193, 17, 115, 163, 165, 117,
], 16);
const IN_HIGH: usize = memory.data<u8>([
  0, 223, 67, 156, 119, 168, 52, 235, 181, 106, 246, 41, 194, 29, 129, 94,
], 16);
const INVERSE: usize = memory.data<u8>([
  128, 1, 9, 14, 13, 11, 7, 6, 15, 2, 12, 5, 10, 4, 3, 8,
], 16);
const TWO_OVER: usize = memory.data<u8>([
  128, 2, 1, 15, 9, 5, 14, 12, 13, 4, 11, 10, 7, 8, 6, 3,
], 16);
const OUT_I: usize = memory.data<u8>([
  0, 211, 121, 154, 158, 174, 227, 48, 73, 215, 77, 52, 125, 231, 4, 170,
], 16);
const OUT_J: usize = memory.data<u8>([
  0, 21, 23, 164, 188, 26, 179, 166, 177, 13, 169, 190, 15, 171, 24, 2,
], 16);
const FK: usize = memory.data<u32>([0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc]);
const KEYS = memory.data(32 * 4, 16);
const SCHEDULE = memory.data(36 * 4, 16);
/** Two groups of four blocks, turned so that a vector holds one word of all four. */
const LANES = memory.data(128, 16);
const COUNTER = memory.data(16, 16);
const STREAM = memory.data(128, 16);

export function wipeSm4(): void {
  memory.fill(KEYS, 0, 128);
  memory.fill(SCHEDULE, 0, 144);
  memory.fill(LANES, 0, 128);
  memory.fill(COUNTER, 0, 16);
  memory.fill(STREAM, 0, 128);
}

/** S-box of sixteen bytes. */
@inline
function substitute(x: v128): v128 {
  const nibble = i8x16.splat(15);
  const inverse = v128.load(INVERSE);
  const z = v128.xor(
    v128.swizzle(v128.load(IN_LOW), v128.and(x, nibble)),
    v128.swizzle(v128.load(IN_HIGH), v128.and(i32x4.shr_u(x, 4), nibble)),
  );
  const k = v128.and(z, nibble);
  const i = v128.and(i32x4.shr_u(z, 4), nibble);
  const j = v128.xor(i, k);
  const twoOverK = v128.swizzle(v128.load(TWO_OVER), k);
  const left = v128.xor(v128.swizzle(inverse, i), twoOverK);
  const right = v128.xor(v128.swizzle(inverse, j), twoOverK);
  const io = v128.xor(v128.swizzle(inverse, left), j);
  const jo = v128.xor(v128.swizzle(inverse, right), i);
  return v128.xor(
    v128.xor(v128.swizzle(v128.load(OUT_I), io), v128.swizzle(v128.load(OUT_J), jo)),
    i8x16.splat(-45),
  );
}

@inline
function rotate(x: v128, n: i32): v128 {
  return v128.or(i32x4.shl(x, n), i32x4.shr_u(x, 32 - n));
}

/** τ, then L: B ^ B<<<2 ^ B<<<10 ^ B<<<18 ^ B<<<24. */
@inline
function transform(x: v128): v128 {
  const b = substitute(x);
  const by8 = v128.shuffle<u8>(b, b, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
  const by16 = v128.shuffle<u8>(b, b, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  const by24 = v128.shuffle<u8>(b, b, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
  return v128.xor(v128.xor(b, by24), rotate(v128.xor(v128.xor(b, by8), by16), 2));
}

/** Round keys of the 16 bytes at `key`; backwards to decrypt. */
export function expandKey(key: usize, backwards: bool): void {
  for (let i: usize = 0; i < 16; i += 4) {
    store<u32>(SCHEDULE + i, bswap<u32>(load<u32>(key + i)) ^ load<u32>(FK + i));
  }
  for (let i: usize = 0; i < 32; i++) {
    const at = SCHEDULE + (i << 2);
    let constant: u32 = 0;
    for (let j: usize = 0; j < 4; j++) constant = (constant << 8) | (<u32>(((i << 2) + j) * 7) & 0xff);
    const x = load<u32>(at, 4) ^ load<u32>(at, 8) ^ load<u32>(at, 12) ^ constant;
    const b = <u32>i32x4.extract_lane(substitute(i32x4.splat(<i32>x)), 0);
    const key = load<u32>(at) ^ b ^ rotl<u32>(b, 13) ^ rotl<u32>(b, 23);
    store<u32>(at, key, 16);
    store<u32>(KEYS + ((backwards ? 31 - i : i) << 2), key);
  }
}

@inline
function reverseBytes(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** Four blocks turned back, 64 bytes. */
@inline
function storeBlocks(out: usize, a: v128, b: v128, c: v128, d: v128): void {
  const low01 = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
  const high01 = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const low23 = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
  const high23 = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  v128.store(out, reverseBytes(v128.shuffle<u32>(low01, low23, 0, 1, 4, 5)));
  v128.store(out, reverseBytes(v128.shuffle<u32>(low01, low23, 2, 3, 6, 7)), 16);
  v128.store(out, reverseBytes(v128.shuffle<u32>(high01, high23, 0, 1, 4, 5)), 32);
  v128.store(out, reverseBytes(v128.shuffle<u32>(high01, high23, 2, 3, 6, 7)), 48);
}

/** a ^ T(b ^ c ^ d ^ key) */
@inline
function round(a: v128, b: v128, c: v128, d: v128, key: v128): v128 {
  return v128.xor(a, transform(v128.xor(v128.xor(b, c), v128.xor(d, key))));
}

/** STREAM = the eight blocks in LANES, enciphered and turned back. */
function cipherLanes(): void {
  let key: v128;
  let a = v128.load(LANES);
  let b = v128.load(LANES, 16);
  let c = v128.load(LANES, 32);
  let d = v128.load(LANES, 48);
  let e = v128.load(LANES, 64);
  let f = v128.load(LANES, 80);
  let g = v128.load(LANES, 96);
  let h = v128.load(LANES, 112);
  for (let k: usize = KEYS; k < KEYS + 128; k += 16) {
    key = v128.load32_splat(k);
    a = round(a, b, c, d, key);
    e = round(e, f, g, h, key);
    key = v128.load32_splat(k, 4);
    b = round(b, c, d, a, key);
    f = round(f, g, h, e, key);
    key = v128.load32_splat(k, 8);
    c = round(c, d, a, b, key);
    g = round(g, h, e, f, key);
    key = v128.load32_splat(k, 12);
    d = round(d, a, b, c, key);
    h = round(h, e, f, g, key);
  }
  storeBlocks(STREAM, d, c, b, a);
  storeBlocks(STREAM + 64, h, g, f, e);
}

/** One block in place. */
export function cipherBlock(block: usize): void {
  for (let i: usize = 0; i < 4; i++) {
    v128.store(LANES + (i << 4), i32x4.splat(<i32>bswap<u32>(load<u32>(block + (i << 2)))));
  }
  cipherLanes();
  memory.copy(block, STREAM, 16);
}

/** The first counter block, 16 bytes. */
export function setCounter(block: usize): void {
  for (let i: usize = 0; i < 16; i += 4) store<u32>(COUNTER + i, bswap<u32>(load<u32>(block + i)));
}

/** Next counter: 128 bits, or where `short` the last 32 only. Counters are public. */
function increment(short: bool): void {
  for (let i: usize = 12; ; i -= 4) {
    const next = load<u32>(COUNTER + i) + 1;
    store<u32>(COUNTER + i, next);
    if (next != 0 || short || i == 0) return;
  }
}

/** Counter mode over `length` bytes in place, from COUNTER on, which moves along by whole blocks. */
export function counterMode(bytes: usize, length: usize, short: bool): void {
  const end = bytes + length;
  for (let at = bytes; at < end; at += 128) {
    for (let block: usize = 0; block < 8; block++) {
      const lane = LANES + ((block >> 2) << 6) + ((block & 3) << 2);
      store<u32>(lane, load<u32>(COUNTER));
      store<u32>(lane, load<u32>(COUNTER, 4), 16);
      store<u32>(lane, load<u32>(COUNTER, 8), 32);
      store<u32>(lane, load<u32>(COUNTER, 12), 48);
      // A lane behind the end does not count, so that the next call goes on where this one ended.
      if (at + (block << 4) < end) increment(short);
    }
    cipherLanes();
    if (at + 128 <= end) {
      for (let i: usize = 0; i < 128; i += 16) {
        v128.store(at + i, v128.xor(v128.load(at + i), v128.load(STREAM + i)));
      }
    } else {
      for (let i: usize = 0; at + i < end; i++) {
        store<u8>(at + i, load<u8>(at + i) ^ load<u8>(STREAM + i));
      }
    }
  }
}
