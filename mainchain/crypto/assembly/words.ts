/** 256-bit unsigned integers: eight 32-bit words, little end first. */

/** Order of the group. */
export const N: usize = memory.data<u32>([
  0x39d54123, 0x53bbf409, 0x21c6052b, 0x7203df6b, 0xffffffff, 0xffffffff, 0xffffffff, 0xfffffffe,
]);
/** Field prime. */
export const P: usize = memory.data<u32>([
  0xffffffff, 0xffffffff, 0x00000000, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xfffffffe,
]);

/** 32 big-endian bytes. */
export function fromBytes(out: usize, bytes: usize): void {
  for (let i: usize = 0; i < 32; i += 4) {
    store<u32>(out + i, bswap<u32>(load<u32>(bytes + 28 - i)));
  }
}

export function isZeroWords(a: usize): bool {
  let any: u64 = 0;
  for (let i: usize = 0; i < 32; i += 8) any |= load<u64>(a + i);
  return any == 0;
}

/** a < b */
export function isBelow(a: usize, b: usize): bool {
  for (let i: i32 = 28; i >= 0; i -= 4) {
    const left = load<u32>(a + i);
    const right = load<u32>(b + i);
    if (left != right) return left < right;
  }
  return false;
}

/** out = a + b mod 2^256; the carry. */
export function addWords(out: usize, a: usize, b: usize): u32 {
  let carry: u64 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    carry += <u64>load<u32>(a + i) + <u64>load<u32>(b + i);
    store<u32>(out + i, <u32>carry);
    carry >>= 32;
  }
  return <u32>carry;
}

/** out = a − b mod 2^256; the borrow. */
export function subWords(out: usize, a: usize, b: usize): u32 {
  let borrow: i64 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    borrow += <i64>load<u32>(a + i) - <i64>load<u32>(b + i);
    store<u32>(out + i, <u32>borrow);
    borrow >>= 32;
  }
  return <u32>(borrow & 1);
}

/** `count` ≤ 8 bits from `bit` on, inside nine words. */
@inline
export function bitsAt(words: usize, bit: u32, count: u32): u32 {
  const at = words + ((bit >> 5) << 2);
  return <u32>(load<u64>(at) >> (bit & 31)) & ((1 << count) - 1);
}
