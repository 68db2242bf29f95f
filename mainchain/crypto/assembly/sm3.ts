import { ROUND_CONSTANTS } from "./sm3-constants";

/** SM3, one message at a time. */

const W = memory.data(68 * 4);

/** Message expansion of GB/T 32905-2016 §5.3.2 into W. */
function expand(block: usize): void {
  for (let j: usize = 0; j < 64; j += 4) store<u32>(W + j, bswap<u32>(load<u32>(block + j)));
  for (let w = W; w < W + 52 * 4; w += 4) {
    const x = load<u32>(w) ^ load<u32>(w, 28) ^ rotl<u32>(load<u32>(w, 52), 15);
    store<u32>(
      w,
      x ^ rotl<u32>(x, 15) ^ rotl<u32>(x, 23) ^ rotl<u32>(load<u32>(w, 12), 7) ^ load<u32>(w, 40),
      64,
    );
  }
}

/**
 * The 64 rounds. Instead of moving eight words down, each round renames them: d becomes the new a, h the
 * new e; four rounds come round again.
 */
export function compress(state: usize, block: usize): void {
  expand(block);
  let w: usize = W;
  let t: usize = ROUND_CONSTANTS;
  let a12: u32;
  let ss1: u32;
  let w0: u32;
  let a = load<u32>(state, 0);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  for (const end = t + 64; t < end; t += 16) {
    a12 = rotl<u32>(a, 12);
    ss1 = rotl<u32>(a12 + e + load<u32>(t, 0), 7);
    w0 = load<u32>(w, 0);
    d += (a ^ b ^ c) + (ss1 ^ a12) + (w0 ^ load<u32>(w, 16));
    h += (e ^ f ^ g) + ss1 + w0;
    h ^= rotl<u32>(h, 9) ^ rotl<u32>(h, 17);
    b = rotl<u32>(b, 9);
    f = rotl<u32>(f, 19);
    a12 = rotl<u32>(d, 12);
    ss1 = rotl<u32>(a12 + h + load<u32>(t, 4), 7);
    w0 = load<u32>(w, 4);
    c += (d ^ a ^ b) + (ss1 ^ a12) + (w0 ^ load<u32>(w, 20));
    g += (h ^ e ^ f) + ss1 + w0;
    g ^= rotl<u32>(g, 9) ^ rotl<u32>(g, 17);
    a = rotl<u32>(a, 9);
    e = rotl<u32>(e, 19);
    a12 = rotl<u32>(c, 12);
    ss1 = rotl<u32>(a12 + g + load<u32>(t, 8), 7);
    w0 = load<u32>(w, 8);
    b += (c ^ d ^ a) + (ss1 ^ a12) + (w0 ^ load<u32>(w, 24));
    f += (g ^ h ^ e) + ss1 + w0;
    f ^= rotl<u32>(f, 9) ^ rotl<u32>(f, 17);
    d = rotl<u32>(d, 9);
    h = rotl<u32>(h, 19);
    a12 = rotl<u32>(b, 12);
    ss1 = rotl<u32>(a12 + f + load<u32>(t, 12), 7);
    w0 = load<u32>(w, 12);
    a += (b ^ c ^ d) + (ss1 ^ a12) + (w0 ^ load<u32>(w, 28));
    e += (f ^ g ^ h) + ss1 + w0;
    e ^= rotl<u32>(e, 9) ^ rotl<u32>(e, 17);
    c = rotl<u32>(c, 9);
    g = rotl<u32>(g, 19);
    w += 16;
  }
  for (const end = t + 192; t < end; t += 16) {
    a12 = rotl<u32>(a, 12);
    ss1 = rotl<u32>(a12 + e + load<u32>(t, 0), 7);
    w0 = load<u32>(w, 0);
    d += ((a & b) | ((a | b) & c)) + (ss1 ^ a12) + (w0 ^ load<u32>(w, 16));
    h += ((e & (f ^ g)) ^ g) + ss1 + w0;
    h ^= rotl<u32>(h, 9) ^ rotl<u32>(h, 17);
    b = rotl<u32>(b, 9);
    f = rotl<u32>(f, 19);
    a12 = rotl<u32>(d, 12);
    ss1 = rotl<u32>(a12 + h + load<u32>(t, 4), 7);
    w0 = load<u32>(w, 4);
    c += ((d & a) | ((d | a) & b)) + (ss1 ^ a12) + (w0 ^ load<u32>(w, 20));
    g += ((h & (e ^ f)) ^ f) + ss1 + w0;
    g ^= rotl<u32>(g, 9) ^ rotl<u32>(g, 17);
    a = rotl<u32>(a, 9);
    e = rotl<u32>(e, 19);
    a12 = rotl<u32>(c, 12);
    ss1 = rotl<u32>(a12 + g + load<u32>(t, 8), 7);
    w0 = load<u32>(w, 8);
    b += ((c & d) | ((c | d) & a)) + (ss1 ^ a12) + (w0 ^ load<u32>(w, 24));
    f += ((g & (h ^ e)) ^ e) + ss1 + w0;
    f ^= rotl<u32>(f, 9) ^ rotl<u32>(f, 17);
    d = rotl<u32>(d, 9);
    h = rotl<u32>(h, 19);
    a12 = rotl<u32>(b, 12);
    ss1 = rotl<u32>(a12 + f + load<u32>(t, 12), 7);
    w0 = load<u32>(w, 12);
    a += ((b & c) | ((b | c) & d)) + (ss1 ^ a12) + (w0 ^ load<u32>(w, 28));
    e += ((f & (g ^ h)) ^ h) + ss1 + w0;
    e ^= rotl<u32>(e, 9) ^ rotl<u32>(e, 17);
    c = rotl<u32>(c, 9);
    g = rotl<u32>(g, 19);
    w += 16;
  }
  store<u32>(state, load<u32>(state, 0) ^ a, 0);
  store<u32>(state, load<u32>(state, 4) ^ b, 4);
  store<u32>(state, load<u32>(state, 8) ^ c, 8);
  store<u32>(state, load<u32>(state, 12) ^ d, 12);
  store<u32>(state, load<u32>(state, 16) ^ e, 16);
  store<u32>(state, load<u32>(state, 20) ^ f, 20);
  store<u32>(state, load<u32>(state, 24) ^ g, 24);
  store<u32>(state, load<u32>(state, 28) ^ h, 28);
}

const STATE = memory.data(32);
const INITIAL = memory.data<u32>([
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
]);

export function initialWord(index: usize): u32 {
  return load<u32>(INITIAL + (index << 2));
}

/** For the kernel of secrets. */
export function wipeSm3(): void {
  memory.fill(W, 0, 68 * 4);
  memory.fill(STATE, 0, 32);
}

/** Bytes after a message that padding may fill: up to 72. Returns how many blocks there are then. */
export function pad(message: usize, length: usize): usize {
  const blocks: usize = (length + 72) >> 6;
  const end = message + (blocks << 6);
  memory.fill(message + length, 0, end - message - length);
  store<u8>(message + length, 0x80);
  store<u64>(end - 8, bswap<u64>(<u64>length << 3));
  return blocks;
}

/** out = SM3(message); up to 72 bytes behind the message are overwritten. */
export function digest(out: usize, message: usize, length: usize): void {
  memory.copy(STATE, INITIAL, 32);
  const end = message + (pad(message, length) << 6);
  for (let block = message; block < end; block += 64) compress(STATE, block);
  for (let i: usize = 0; i < 32; i += 4) store<u32>(out + i, bswap<u32>(load<u32>(STATE + i)));
}
