import { ROUND_CONSTANTS } from "./sm3-constants";
import { initialWord } from "./sm3";

/** SM3 of four messages of equally many blocks, one in each lane. */

const W = memory.data(68 * 16, 16);
/** The expanded second block of every 64-byte message: 80…, length 512. */
const W_OF_PADDING = memory.data(68 * 16, 16);
const STATE = memory.data(8 * 16, 16);
const PADDING = memory.data(64, 16);
let paddingReady = false;

@inline
function rotate(x: v128, n: i32): v128 {
  return v128.or(i32x4.shl(x, n), i32x4.shr_u(x, 32 - n));
}

@inline
function reverseBytes(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** Sixteen words of each lane's block, turned so that a vector holds one word of all four. */
function loadBlocks(w: usize, block: usize, stride: usize): void {
  for (let j: usize = 0; j < 64; j += 16) {
    const at = block + j;
    const r0 = reverseBytes(v128.load(at));
    const r1 = reverseBytes(v128.load(at + stride));
    const r2 = reverseBytes(v128.load(at + 2 * stride));
    const r3 = reverseBytes(v128.load(at + 3 * stride));
    const low01 = v128.shuffle<u32>(r0, r1, 0, 4, 1, 5);
    const high01 = v128.shuffle<u32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<u32>(r2, r3, 0, 4, 1, 5);
    const high23 = v128.shuffle<u32>(r2, r3, 2, 6, 3, 7);
    const out = w + (j << 2);
    v128.store(out, v128.shuffle<u32>(low01, low23, 0, 1, 4, 5));
    v128.store(out, v128.shuffle<u32>(low01, low23, 2, 3, 6, 7), 16);
    v128.store(out, v128.shuffle<u32>(high01, high23, 0, 1, 4, 5), 32);
    v128.store(out, v128.shuffle<u32>(high01, high23, 2, 3, 6, 7), 48);
  }
}

function expand(words: usize): void {
  for (let w = words; w < words + 52 * 16; w += 16) {
    const x = v128.xor(v128.xor(v128.load(w), v128.load(w, 112)), rotate(v128.load(w, 208), 15));
    const p1 = v128.xor(v128.xor(x, rotate(x, 15)), rotate(x, 23));
    v128.store(w, v128.xor(v128.xor(p1, rotate(v128.load(w, 48), 7)), v128.load(w, 160)), 256);
  }
}

function rounds(words: usize): void {
  let w: usize = words;
  let t: usize = ROUND_CONSTANTS;
  let a12: v128;
  let ss1: v128;
  let w0: v128;
  let a = v128.load(STATE, 0);
  let b = v128.load(STATE, 16);
  let c = v128.load(STATE, 32);
  let d = v128.load(STATE, 48);
  let e = v128.load(STATE, 64);
  let f = v128.load(STATE, 80);
  let g = v128.load(STATE, 96);
  let h = v128.load(STATE, 112);
  for (const end = t + 64; t < end; t += 16) {
    a12 = rotate(a, 12);
    ss1 = rotate(i32x4.add(i32x4.add(a12, e), v128.load32_splat(t, 0)), 7);
    w0 = v128.load(w, 0);
    d = i32x4.add(i32x4.add(d, v128.xor(v128.xor(a, b), c)), i32x4.add(v128.xor(ss1, a12), v128.xor(w0, v128.load(w, 64))));
    h = i32x4.add(i32x4.add(h, v128.xor(v128.xor(e, f), g)), i32x4.add(ss1, w0));
    h = v128.xor(v128.xor(h, rotate(h, 9)), rotate(h, 17));
    b = rotate(b, 9);
    f = rotate(f, 19);
    a12 = rotate(d, 12);
    ss1 = rotate(i32x4.add(i32x4.add(a12, h), v128.load32_splat(t, 4)), 7);
    w0 = v128.load(w, 16);
    c = i32x4.add(i32x4.add(c, v128.xor(v128.xor(d, a), b)), i32x4.add(v128.xor(ss1, a12), v128.xor(w0, v128.load(w, 80))));
    g = i32x4.add(i32x4.add(g, v128.xor(v128.xor(h, e), f)), i32x4.add(ss1, w0));
    g = v128.xor(v128.xor(g, rotate(g, 9)), rotate(g, 17));
    a = rotate(a, 9);
    e = rotate(e, 19);
    a12 = rotate(c, 12);
    ss1 = rotate(i32x4.add(i32x4.add(a12, g), v128.load32_splat(t, 8)), 7);
    w0 = v128.load(w, 32);
    b = i32x4.add(i32x4.add(b, v128.xor(v128.xor(c, d), a)), i32x4.add(v128.xor(ss1, a12), v128.xor(w0, v128.load(w, 96))));
    f = i32x4.add(i32x4.add(f, v128.xor(v128.xor(g, h), e)), i32x4.add(ss1, w0));
    f = v128.xor(v128.xor(f, rotate(f, 9)), rotate(f, 17));
    d = rotate(d, 9);
    h = rotate(h, 19);
    a12 = rotate(b, 12);
    ss1 = rotate(i32x4.add(i32x4.add(a12, f), v128.load32_splat(t, 12)), 7);
    w0 = v128.load(w, 48);
    a = i32x4.add(i32x4.add(a, v128.xor(v128.xor(b, c), d)), i32x4.add(v128.xor(ss1, a12), v128.xor(w0, v128.load(w, 112))));
    e = i32x4.add(i32x4.add(e, v128.xor(v128.xor(f, g), h)), i32x4.add(ss1, w0));
    e = v128.xor(v128.xor(e, rotate(e, 9)), rotate(e, 17));
    c = rotate(c, 9);
    g = rotate(g, 19);
    w += 64;
  }
  for (const end = t + 192; t < end; t += 16) {
    a12 = rotate(a, 12);
    ss1 = rotate(i32x4.add(i32x4.add(a12, e), v128.load32_splat(t, 0)), 7);
    w0 = v128.load(w, 0);
    d = i32x4.add(i32x4.add(d, v128.or(v128.and(a, b), v128.and(v128.or(a, b), c))), i32x4.add(v128.xor(ss1, a12), v128.xor(w0, v128.load(w, 64))));
    h = i32x4.add(i32x4.add(h, v128.xor(v128.and(e, v128.xor(f, g)), g)), i32x4.add(ss1, w0));
    h = v128.xor(v128.xor(h, rotate(h, 9)), rotate(h, 17));
    b = rotate(b, 9);
    f = rotate(f, 19);
    a12 = rotate(d, 12);
    ss1 = rotate(i32x4.add(i32x4.add(a12, h), v128.load32_splat(t, 4)), 7);
    w0 = v128.load(w, 16);
    c = i32x4.add(i32x4.add(c, v128.or(v128.and(d, a), v128.and(v128.or(d, a), b))), i32x4.add(v128.xor(ss1, a12), v128.xor(w0, v128.load(w, 80))));
    g = i32x4.add(i32x4.add(g, v128.xor(v128.and(h, v128.xor(e, f)), f)), i32x4.add(ss1, w0));
    g = v128.xor(v128.xor(g, rotate(g, 9)), rotate(g, 17));
    a = rotate(a, 9);
    e = rotate(e, 19);
    a12 = rotate(c, 12);
    ss1 = rotate(i32x4.add(i32x4.add(a12, g), v128.load32_splat(t, 8)), 7);
    w0 = v128.load(w, 32);
    b = i32x4.add(i32x4.add(b, v128.or(v128.and(c, d), v128.and(v128.or(c, d), a))), i32x4.add(v128.xor(ss1, a12), v128.xor(w0, v128.load(w, 96))));
    f = i32x4.add(i32x4.add(f, v128.xor(v128.and(g, v128.xor(h, e)), e)), i32x4.add(ss1, w0));
    f = v128.xor(v128.xor(f, rotate(f, 9)), rotate(f, 17));
    d = rotate(d, 9);
    h = rotate(h, 19);
    a12 = rotate(b, 12);
    ss1 = rotate(i32x4.add(i32x4.add(a12, f), v128.load32_splat(t, 12)), 7);
    w0 = v128.load(w, 48);
    a = i32x4.add(i32x4.add(a, v128.or(v128.and(b, c), v128.and(v128.or(b, c), d))), i32x4.add(v128.xor(ss1, a12), v128.xor(w0, v128.load(w, 112))));
    e = i32x4.add(i32x4.add(e, v128.xor(v128.and(f, v128.xor(g, h)), h)), i32x4.add(ss1, w0));
    e = v128.xor(v128.xor(e, rotate(e, 9)), rotate(e, 17));
    c = rotate(c, 9);
    g = rotate(g, 19);
    w += 64;
  }
  v128.store(STATE, v128.xor(v128.load(STATE, 0), a), 0);
  v128.store(STATE, v128.xor(v128.load(STATE, 16), b), 16);
  v128.store(STATE, v128.xor(v128.load(STATE, 32), c), 32);
  v128.store(STATE, v128.xor(v128.load(STATE, 48), d), 48);
  v128.store(STATE, v128.xor(v128.load(STATE, 64), e), 64);
  v128.store(STATE, v128.xor(v128.load(STATE, 80), f), 80);
  v128.store(STATE, v128.xor(v128.load(STATE, 96), g), 96);
  v128.store(STATE, v128.xor(v128.load(STATE, 112), h), 112);
}

function begin(): void {
  for (let i: usize = 0; i < 8; i++) v128.store(STATE + (i << 4), i32x4.splat(initialWord(i)));
}

/** Four digests, 32 bytes each, one behind the other. */
function finish(out: usize): void {
  for (let i: usize = 0; i < 8; i++) {
    for (let lane: usize = 0; lane < 4; lane++) {
      const word = load<u32>(STATE + (i << 4) + (lane << 2));
      store<u32>(out + (lane << 5) + (i << 2), bswap<u32>(word));
    }
  }
}

/** Four padded messages of `blocks` blocks, `stride` bytes apart. */
export function digestFour(out: usize, messages: usize, stride: usize, blocks: usize): void {
  begin();
  for (let i: usize = 0; i < blocks; i++) {
    loadBlocks(W, messages + (i << 6), stride);
    expand(W);
    rounds(W);
  }
  finish(out);
}

/** Four messages of 64 bytes each, one behind the other. */
export function digestFourNodes(out: usize, messages: usize): void {
  if (!paddingReady) {
    store<u8>(PADDING, 0x80);
    store<u8>(PADDING, 2, 62);
    loadBlocks(W_OF_PADDING, PADDING, 0);
    expand(W_OF_PADDING);
    paddingReady = true;
  }
  begin();
  loadBlocks(W, messages, 64);
  expand(W);
  rounds(W);
  rounds(W_OF_PADDING);
  finish(out);
}
