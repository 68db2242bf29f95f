import { CryptoError, expectBytes } from "./crypto-error.ts";

const rotl = (x: number, n: number): number => (x << n) | (x >>> (32 - n));

/** T_j <<< (j mod 32) for each round. */
const ROUND_CONSTANTS: Int32Array = Int32Array.from({ length: 64 }, (_, j) =>
  rotl(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32),
);

const INITIAL_STATE: Int32Array = Int32Array.of(
  0x7380166f,
  0x4914b2b9,
  0x172442d7,
  0xda8a0600,
  0xa96f30bc,
  0x163138aa,
  0xe38dee4d,
  0xb0fb0e4e,
);

const schedule = new Int32Array(68);

function expand(block: Uint8Array, offset: number): void {
  for (let j = 0; j < 16; j += 1) {
    const at = offset + 4 * j;
    schedule[j] =
      ((block[at] as number) << 24) |
      ((block[at + 1] as number) << 16) |
      ((block[at + 2] as number) << 8) |
      (block[at + 3] as number);
  }
  for (let j = 16; j < 68; j += 1) {
    const x =
      (schedule[j - 16] as number) ^
      (schedule[j - 9] as number) ^
      rotl(schedule[j - 3] as number, 15);
    schedule[j] =
      x ^
      rotl(x, 15) ^
      rotl(x, 23) ^
      rotl(schedule[j - 13] as number, 7) ^
      (schedule[j - 6] as number);
  }
}

function compress(state: Int32Array, block: Uint8Array, offset: number): void {
  expand(block, offset);
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let j = 0; j < 64; j += 1) {
    const a12 = rotl(a, 12);
    const ss1 = rotl((a12 + e + (ROUND_CONSTANTS[j] as number)) | 0, 7);
    const w = schedule[j] as number;
    const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
    const tt1 = (ff + d + (ss1 ^ a12) + (w ^ (schedule[j + 4] as number))) | 0;
    const tt2 = (gg + h + ss1 + w) | 0;
    d = c;
    c = rotl(b, 9);
    b = a;
    a = tt1;
    h = g;
    g = rotl(f, 19);
    f = e;
    e = tt2 ^ rotl(tt2, 9) ^ rotl(tt2, 17);
  }
  state[0] = (state[0] as number) ^ a;
  state[1] = (state[1] as number) ^ b;
  state[2] = (state[2] as number) ^ c;
  state[3] = (state[3] as number) ^ d;
  state[4] = (state[4] as number) ^ e;
  state[5] = (state[5] as number) ^ f;
  state[6] = (state[6] as number) ^ g;
  state[7] = (state[7] as number) ^ h;
}

/** Streaming SM3 in plain TypeScript; no branch or index depends on the data. A digest spends the hasher. */
export interface Sm3Hasher {
  update(bytes: Uint8Array): Sm3Hasher;
  /** 32 bytes */
  digest(): Uint8Array;
}

class Hasher implements Sm3Hasher {
  readonly #state = INITIAL_STATE.slice();
  readonly #buffer = new Uint8Array(64);
  #buffered = 0;
  #length = 0;
  #spent = false;

  update(bytes: Uint8Array): Sm3Hasher {
    expectBytes(bytes, "bytes");
    this.#refuseIfSpent();
    this.#length += bytes.length;
    let at = 0;
    if (this.#buffered > 0) {
      at = Math.min(64 - this.#buffered, bytes.length);
      this.#buffer.set(bytes.subarray(0, at), this.#buffered);
      this.#buffered += at;
      if (this.#buffered < 64) return this;
      compress(this.#state, this.#buffer, 0);
      this.#buffered = 0;
    }
    for (; at + 64 <= bytes.length; at += 64) compress(this.#state, bytes, at);
    if (at < bytes.length) {
      this.#buffer.set(bytes.subarray(at), 0);
      this.#buffered = bytes.length - at;
    }
    return this;
  }

  digest(): Uint8Array {
    this.#refuseIfSpent();
    this.#spent = true;
    const buffer = this.#buffer;
    buffer[this.#buffered] = 0x80;
    buffer.fill(0, this.#buffered + 1);
    if (this.#buffered >= 56) {
      compress(this.#state, buffer, 0);
      buffer.fill(0);
    }
    const view = new DataView(buffer.buffer);
    view.setUint32(56, Math.floor(this.#length / 0x20000000));
    view.setUint32(60, this.#length << 3);
    compress(this.#state, buffer, 0);
    const out = new Uint8Array(32);
    const outView = new DataView(out.buffer);
    for (let index = 0; index < 8; index += 1) {
      outView.setInt32(4 * index, this.#state[index] as number);
    }
    return out;
  }

  #refuseIfSpent(): void {
    if (this.#spent) throw new CryptoError({ code: "crypto/closed", operand: "hasher" });
  }
}

export const createSm3 = (): Sm3Hasher => new Hasher();

/**
 * Digest of the parts one behind the other. For secrets: they stay out of the kernel's memory.
 */
export function sm3OfSecret(...parts: readonly Uint8Array[]): Uint8Array {
  const hasher = createSm3();
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}
