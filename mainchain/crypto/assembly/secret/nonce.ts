import { digest } from "../sm3";

/**
 * HMAC-SM3, and the nonces of RFC 6979 §3.2 and §3.6 made with it. Messages lie behind their inner padding, in
 * the one buffer, so that a MAC is two plain digests.
 */
const BLOCK: usize = 64;
export const LONGEST_ENTROPY: usize = 1024;
/** inner pad (64) ‖ V (32) ‖ tag (1) ‖ d (32) ‖ e (32) ‖ entropy, and room for padding behind. */
const INNER = memory.data(64 + 32 + 1 + 64 + 1024 + 128);
const OUTER = memory.data(64 + 32 + 128);
const KEY = memory.data(32);
const V: usize = INNER + BLOCK;
const TAG: usize = V + 32;
const SEED: usize = TAG + 1;


export function wipeNonces(): void {
  memory.fill(INNER, 0, BLOCK + 33 + 64 + LONGEST_ENTROPY + 128);
  memory.fill(OUTER, 0, BLOCK + 32 + 128);
  memory.fill(KEY, 0, 32);
}

/** out = HMAC(KEY, the first `length` bytes from V on). What lies behind them is overwritten. */
function mac(out: usize, length: usize): void {
  memory.fill(INNER + 32, 0x36, 32);
  memory.fill(OUTER + 32, 0x5c, 32);
  for (let i: usize = 0; i < 32; i += 4) {
    const word = load<u32>(KEY + i);
    store<u32>(INNER + i, word ^ 0x36363636);
    store<u32>(OUTER + i, word ^ 0x5c5c5c5c);
  }
  digest(OUTER + BLOCK, INNER, BLOCK + length);
  digest(out, OUTER, BLOCK + 32);
}

/** KEY = HMAC(KEY, V ‖ tag ‖ d ‖ e ‖ entropy), V = HMAC(KEY, V). */
function absorb(tag: u8, secret: usize, reducedDigest: usize, entropy: usize, length: usize): void {
  store<u8>(TAG, tag);
  memory.copy(SEED, secret, 32);
  memory.copy(SEED + 32, reducedDigest, 32);
  memory.copy(SEED + 64, entropy, length);
  mac(KEY, 33 + 64 + length);
  advance();
}

/** V = HMAC(KEY, V). */
function advance(): void {
  mac(V, 32);
}

/** Starts from d and e mod n, 32 big-endian bytes each, and entropy of at most 1,024 bytes. */
export function seedNonces(secret: usize, reducedDigest: usize, entropy: usize, length: usize): void {
  memory.fill(KEY, 0, 32);
  memory.fill(V, 1, 32);
  absorb(0, secret, reducedDigest, entropy, length);
  absorb(1, secret, reducedDigest, entropy, length);
}

/** out = the next candidate, 32 big-endian bytes. */
export function nextNonce(out: usize): void {
  advance();
  memory.copy(out, V, 32);
}

/** After a candidate that did not serve: KEY = HMAC(KEY, V ‖ 0), V = HMAC(KEY, V). */
export function rejectNonce(): void {
  store<u8>(TAG, 0);
  mac(KEY, 33);
  advance();
}
