/**
 * GHASH of SP 800-38D §6.4 by Shoup's 4-bit tables: 16 multiples of H, one look-up a nibble.
 * Look-ups are indexed by data masked with H: not constant-time.
 */

/** What the four bits shifted out at the low end put back at the top: i·(x^128 reduced). */
const REDUCTION: Int32Array = Int32Array.from({ length: 16 }, (_, nibble) => {
  let value = 0;
  for (let bit = 0; bit < 4; bit += 1) if (nibble & (1 << bit)) value ^= 0xe1 << (21 + bit);
  return value;
});

/** Multiples m·H for every nibble m, four words each; GCM's bit order (highest bit is x^0). */
function multiples(h: Int32Array): Int32Array {
  const table = new Int32Array(64);
  table.set(h, 4 * 8);
  for (let m = 4; m >= 1; m >>= 1) {
    const from = 4 * (2 * m);
    const to = 4 * m;
    const lost = (table[from + 3] as number) & 1;
    for (let i = 3; i >= 1; i -= 1) {
      table[to + i] = ((table[from + i] as number) >>> 1) | ((table[from + i - 1] as number) << 31);
    }
    table[to] = ((table[from] as number) >>> 1) ^ (lost ? 0xe1 << 24 : 0);
  }
  for (let m = 3; m < 16; m += 1) {
    const low = m & -m;
    if (low === m) continue;
    for (let i = 0; i < 4; i += 1) {
      table[4 * m + i] = (table[4 * low + i] as number) ^ (table[4 * (m - low) + i] as number);
    }
  }
  return table;
}

/** y ← y·H, in place. */
function multiply(table: Int32Array, y: Int32Array): void {
  let z0 = 0;
  let z1 = 0;
  let z2 = 0;
  let z3 = 0;
  for (let i = 3; i >= 0; i -= 1) {
    const word = y[i] as number;
    for (let shift = 0; shift < 32; shift += 4) {
      const out = z3 & 15;
      z3 = (z3 >>> 4) | (z2 << 28);
      z2 = (z2 >>> 4) | (z1 << 28);
      z1 = (z1 >>> 4) | (z0 << 28);
      z0 = (z0 >>> 4) ^ (REDUCTION[out] as number);
      const at = 4 * ((word >>> shift) & 15);
      z0 ^= table[at] as number;
      z1 ^= table[at + 1] as number;
      z2 ^= table[at + 2] as number;
      z3 ^= table[at + 3] as number;
    }
  }
  y[0] = z0;
  y[1] = z1;
  y[2] = z2;
  y[3] = z3;
}

function absorb(table: Int32Array, y: Int32Array, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 16) {
    const end = Math.min(at + 16, bytes.length);
    for (let i = at; i < end; i += 1) {
      const word = (i - at) >> 2;
      y[word] = (y[word] as number) ^ ((bytes[i] as number) << (24 - 8 * (i & 3)));
    }
    multiply(table, y);
  }
}

function xorBitLength(y: Int32Array, word: number, byteLength: number): void {
  y[word] = (y[word] as number) ^ Math.floor(byteLength / 0x20000000);
  y[word + 1] = (y[word + 1] as number) ^ (byteLength << 3);
}

/** GHASH_H(aad ‖ pad ‖ ciphertext ‖ pad ‖ bit lengths), four big-endian words. */
export function ghash(h: Int32Array, aad: Uint8Array, ciphertext: Uint8Array): Int32Array {
  const table = multiples(h);
  const y = new Int32Array(4);
  absorb(table, y, aad);
  absorb(table, y, ciphertext);
  xorBitLength(y, 0, aad.length);
  xorBitLength(y, 2, ciphertext.length);
  multiply(table, y);
  return y;
}
