import { add, FE, mul } from "../field";

/**
 * Getting elements back to small limbs, small values and, at the end, to their one encoding. Straight-line
 * code over memory at fixed addresses: nothing here branches on or is indexed by a value.
 */

const MASK: i32 = (1 << 29) - 1;
const HALF: i32 = 1 << 28;

/** 1, not in Montgomery form: a product with it takes an element out of that form. */
const PLAIN_ONE: usize = memory.data<i32>([1, 0, 0, 0, 0, 0, 0, 0, 0]);
/** p in limbs of 29 bits, none negative. */
const PRIME: usize = memory.data<i32>([
  0x1fffffff, 0x1fffffff, 0x3f, 0x1ffffe00, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x1fdfffff, 0xffffff,
]);
const PLAIN = memory.data(36);

/**
 * out = a, with |out| < 0.51·2^256 and limbs of weight 1.2, for a of weight ≤ 6 and size ≤ 16: carries, then
 * takes away as many p as the top limb counts.
 */
export function reduce(out: usize, a: usize): void {
  let carry: i32 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    const t = load<i32>(a + i) + carry + HALF;
    store<i32>(out + i, (t & MASK) - HALF);
    carry = t >> 29;
  }
  const top = load<i32>(a, 32) + carry;
  const times = (top + (1 << 23)) >> 24;
  store<i32>(out, top - (times << 24), 32);
  store<i32>(out, load<i32>(out, 28) + (times << 21), 28);
  store<i32>(out, load<i32>(out, 12) + (times << 9), 12);
  store<i32>(out, load<i32>(out, 8) - (times << 6), 8);
  store<i32>(out, load<i32>(out, 0) + times, 0);
}

/** 32 big-endian bytes of the element in [0, p), out of Montgomery form. */
export function toBytes(out: usize, a: usize): void {
  // Within ±0.51·2^256, so one p more makes it positive and one less is all that can be due.
  mul(PLAIN, a, PLAIN_ONE);
  add(PLAIN, PLAIN, PRIME);
  let carry: i32 = 0;
  for (let i: usize = 0; i < 36; i += 4) {
    const t = load<i32>(PLAIN + i) + carry;
    store<i32>(PLAIN + i, t & MASK);
    carry = t >> 29;
  }
  let borrow: i32 = 0;
  for (let i: usize = 0; i < 36; i += 4) {
    borrow = (load<i32>(PLAIN + i) - load<i32>(PRIME + i) + borrow) >> 29;
  }
  // −1 where p was more than the value, and stays.
  const take = ~borrow;
  borrow = 0;
  for (let i: usize = 0; i < 36; i += 4) {
    const t = load<i32>(PLAIN + i) - (load<i32>(PRIME + i) & take) + borrow;
    store<i32>(PLAIN + i, t & MASK);
    borrow = t >> 29;
  }
  let bits: u64 = 0;
  let count: u64 = 0;
  let byte: usize = 31;
  for (let i: usize = 0; i < 36; i += 4) {
    bits |= <u64>load<u32>(PLAIN + i) << count;
    count += 29;
    while (count >= 8 && byte < 32) {
      store<u8>(out + byte, <u8>bits);
      byte--;
      bits >>= 8;
      count -= 8;
    }
  }
}

/** out = mask ? −a : a */
export function negateIf(out: usize, a: usize, mask: i32): void {
  for (let i: usize = 0; i < FE; i += 4) store<i32>(out + i, (load<i32>(a + i) ^ mask) - mask);
}

export function wipePlain(): void {
  memory.fill(PLAIN, 0, 36);
}
