import { addWords, N, subWords } from "../words";
import { multiplyScalars } from "./scalar-products";

/**
 * Arithmetic modulo the order n on secret scalars: eight 32-bit words, little end first. The same instructions
 * run for every value; masks, never branches, decide.
 */
export const SCALAR: usize = 32;

/** 2^512 mod n, which takes a scalar into Montgomery form. */
const SQUARED: usize = memory.data<u32>([
  0x7c114f20, 0x901192af, 0xde6fa2fa, 0x3464504a, 0x3affe0d4, 0x620fc84c, 0xa22b3d3b, 0x1eb5e412,
]);
const PLAIN_ONE: usize = memory.data<u32>([1, 0, 0, 0, 0, 0, 0, 0]);
/** n − 2, four bits a byte, high end first: the exponent of an inversion, and public. */
const EXPONENT: usize = memory.data<u8>([
  15, 15, 15, 15, 15, 15, 15, 14, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
  15, 15, 15, 15, 15, 15, 7, 2, 0, 3, 13, 15, 6, 11, 2, 1, 12, 6, 0, 5, 2, 11, 5, 3, 11, 11, 15, 4, 0, 9,
  3, 9, 13, 5, 4, 1, 2, 1,
]);
const POWERS = memory.data(16 * 32);
const WORK = memory.data(3 * 32);
const LEFT: usize = WORK;
const RIGHT: usize = WORK + SCALAR;
const DIFFERENCE: usize = WORK + 2 * SCALAR;

export function wipeScalars(): void {
  memory.fill(POWERS, 0, 16 * SCALAR);
  memory.fill(WORK, 0, 3 * SCALAR);
}

/** out = mask ? a : b, for a mask of all ones or none. */
function select(out: usize, a: usize, b: usize, mask: u32): void {
  for (let i: usize = 0; i < SCALAR; i += 4) {
    const other = load<u32>(b + i);
    store<u32>(out + i, other ^ ((other ^ load<u32>(a + i)) & mask));
  }
}

/** All ones where every word is 0. */
export function maskOfZero(a: usize): u32 {
  let any: u32 = 0;
  for (let i: usize = 0; i < SCALAR; i += 4) any |= load<u32>(a + i);
  return ((any | (0 - any)) >> 31) - 1;
}

/** All ones where a < n. */
export function maskBelowOrder(a: usize): u32 {
  return 0 - subWords(DIFFERENCE, a, N);
}

/** out = a mod n, for a < 2n. */
export function reduceScalar(out: usize, a: usize): void {
  const below = 0 - subWords(DIFFERENCE, a, N);
  select(out, a, DIFFERENCE, below);
}

/** out = a + b mod n, both below n. */
export function addScalars(out: usize, a: usize, b: usize): void {
  const carry = addWords(LEFT, a, b);
  const borrow = subWords(DIFFERENCE, LEFT, N);
  // The sum is kept only where it neither overflowed nor reached n.
  select(out, LEFT, DIFFERENCE, 0 - (borrow & (carry ^ 1)));
}

/** out = a − b mod n, both below n. */
export function subScalars(out: usize, a: usize, b: usize): void {
  const borrow = subWords(LEFT, a, b);
  addWords(DIFFERENCE, LEFT, N);
  select(out, DIFFERENCE, LEFT, 0 - borrow);
}

/** out = a·b mod n, one of them below n. */
export function mulScalars(out: usize, a: usize, b: usize): void {
  multiplyScalars(RIGHT, a, SQUARED);
  multiplyScalars(out, RIGHT, b);
}

/** out = 1/a mod n, as a^(n−2); 0 gives 0. */
export function invertScalar(out: usize, a: usize): void {
  multiplyScalars(POWERS + SCALAR, a, SQUARED);
  for (let i: usize = 2; i < 16; i++) {
    multiplyScalars(POWERS + i * SCALAR, POWERS + (i - 1) * SCALAR, POWERS + SCALAR);
  }
  memory.copy(RIGHT, POWERS + 15 * SCALAR, SCALAR);
  for (let i: usize = 1; i < 64; i++) {
    multiplyScalars(RIGHT, RIGHT, RIGHT);
    multiplyScalars(RIGHT, RIGHT, RIGHT);
    multiplyScalars(RIGHT, RIGHT, RIGHT);
    multiplyScalars(RIGHT, RIGHT, RIGHT);
    const digit: usize = load<u8>(EXPONENT + i);
    if (digit != 0) multiplyScalars(RIGHT, RIGHT, POWERS + digit * SCALAR);
  }
  multiplyScalars(out, RIGHT, PLAIN_ONE);
}

/**
 * The digits of ±scalar: out = (k − 1)/2 + 2^255 for the odd k of the two, so that bit i set means +2^i and
 * clear −2^i, and four neighbouring bits an odd digit within ±15. Returns all ones where k = n − scalar.
 */
export function signedBits(out: usize, scalar: usize): u32 {
  subWords(LEFT, N, scalar);
  const even: u32 = (load<u32>(scalar) & 1) - 1;
  select(RIGHT, LEFT, scalar, even);
  for (let i: usize = 0; i < 28; i += 4) {
    store<u32>(out + i, (load<u32>(RIGHT + i) >> 1) | (load<u32>(RIGHT + i + 4) << 31));
  }
  store<u32>(out + 28, (load<u32>(RIGHT + 28) >> 1) | 0x80000000);
  return even;
}
