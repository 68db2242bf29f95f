/**
 * GHASH (SP 800-38D §6.4) without tables. A carryless product comes out of ordinary multiplications if the bits
 * of both factors stand four places apart: a column then adds up at most sixteen ones, whose carries run into
 * the three empty places beside it, which a mask drops. Four times four such products make one of 64 by 64 bits;
 * its upper half is the lower half of the product of the bit-reversed factors.
 */

const EVERY_FOURTH: u64 = 0x1111111111111111;

/** H, low and high half and their sum, each also reversed, each in four combs. */
const FACTORS = memory.data(6 * 32);
const STATE = memory.data(16);

export function wipeGhash(): void {
  memory.fill(FACTORS, 0, 192);
  memory.fill(STATE, 0, 16);
}

@inline
function swapBits(x: u64, mask: u64, shift: u64): u64 {
  return ((x >> shift) & mask) | ((x & mask) << shift);
}

@inline
function reverseBits(x: u64): u64 {
  let r = swapBits(x, 0x5555555555555555, 1);
  r = swapBits(r, 0x3333333333333333, 2);
  r = swapBits(r, 0x0f0f0f0f0f0f0f0f, 4);
  return bswap<u64>(r);
}

function storeFactor(index: usize, value: u64): void {
  const at = FACTORS + (index << 5);
  store<u64>(at, value & EVERY_FOURTH);
  store<u64>(at, value & (EVERY_FOURTH << 1), 8);
  store<u64>(at, value & (EVERY_FOURTH << 2), 16);
  store<u64>(at, value & (EVERY_FOURTH << 3), 24);
}

/** Starts anew with the key H, 16 bytes. */
export function beginGhash(h: usize): void {
  const high = bswap<u64>(load<u64>(h));
  const low = bswap<u64>(load<u64>(h, 8));
  storeFactor(0, low);
  storeFactor(1, high);
  storeFactor(2, low ^ high);
  storeFactor(3, reverseBits(low));
  storeFactor(4, reverseBits(high));
  storeFactor(5, reverseBits(low ^ high));
  memory.fill(STATE, 0, 16);
}

/** The lower 64 bits of x times a factor, carryless. */
@inline
function times(x: u64, factor: usize): u64 {
  const x0 = x & EVERY_FOURTH;
  const x1 = x & (EVERY_FOURTH << 1);
  const x2 = x & (EVERY_FOURTH << 2);
  const x3 = x & (EVERY_FOURTH << 3);
  const h0 = load<u64>(FACTORS + (factor << 5));
  const h1 = load<u64>(FACTORS + (factor << 5), 8);
  const h2 = load<u64>(FACTORS + (factor << 5), 16);
  const h3 = load<u64>(FACTORS + (factor << 5), 24);
  const z0 = (x0 * h0) ^ (x1 * h3) ^ (x2 * h2) ^ (x3 * h1);
  const z1 = (x0 * h1) ^ (x1 * h0) ^ (x2 * h3) ^ (x3 * h2);
  const z2 = (x0 * h2) ^ (x1 * h1) ^ (x2 * h0) ^ (x3 * h3);
  const z3 = (x0 * h3) ^ (x1 * h2) ^ (x2 * h1) ^ (x3 * h0);
  return (
    (z0 & EVERY_FOURTH) |
    (z1 & (EVERY_FOURTH << 1)) |
    (z2 & (EVERY_FOURTH << 2)) |
    (z3 & (EVERY_FOURTH << 3))
  );
}

/** Takes in whole blocks, `length` a multiple of 16. */
export function absorbGhash(bytes: usize, length: usize): void {
  let y1 = load<u64>(STATE);
  let y0 = load<u64>(STATE, 8);
  const end = bytes + length;
  for (let at = bytes; at < end; at += 16) {
    y1 ^= bswap<u64>(load<u64>(at));
    y0 ^= bswap<u64>(load<u64>(at, 8));
    const r0 = reverseBits(y0);
    const r1 = reverseBits(y1);
    const low = times(y0, 0);
    const high = times(y1, 1);
    const middle = times(y0 ^ y1, 2) ^ low ^ high;
    const lowAbove = times(r0, 3);
    const highAbove = times(r1, 4);
    const middleAbove = times(r0 ^ r1, 5) ^ lowAbove ^ highAbove;
    // 255 bits of product, then one place up: GCM counts its bits from the other end.
    const p0 = low;
    const p1 = (reverseBits(lowAbove) >> 1) ^ middle;
    const p2 = high ^ (reverseBits(middleAbove) >> 1);
    const p3 = reverseBits(highAbove) >> 1;
    let v3 = (p3 << 1) | (p2 >> 63);
    let v2 = (p2 << 1) | (p1 >> 63);
    let v1 = (p1 << 1) | (p0 >> 63);
    const v0 = p0 << 1;
    // x^128 = x^7 + x^2 + x + 1, from the lowest word up.
    v2 ^= v0 ^ (v0 >> 1) ^ (v0 >> 2) ^ (v0 >> 7);
    v1 ^= (v0 << 63) ^ (v0 << 62) ^ (v0 << 57);
    v3 ^= v1 ^ (v1 >> 1) ^ (v1 >> 2) ^ (v1 >> 7);
    v2 ^= (v1 << 63) ^ (v1 << 62) ^ (v1 << 57);
    y1 = v3;
    y0 = v2;
  }
  store<u64>(STATE, y1);
  store<u64>(STATE, y0, 8);
}

/** out = the state, 16 bytes. */
export function endGhash(out: usize): void {
  store<u64>(out, bswap<u64>(load<u64>(STATE)));
  store<u64>(out, bswap<u64>(load<u64>(STATE, 8)), 8);
}
