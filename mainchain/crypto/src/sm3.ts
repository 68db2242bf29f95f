import { concatBytes } from "./bytes.ts";

const INITIAL = Uint32Array.of(
  0x7380166f,
  0x4914b2b9,
  0x172442d7,
  0xda8a0600,
  0xa96f30bc,
  0x163138aa,
  0xe38dee4d,
  0xb0fb0e4e,
);

const rotl = (x: number, n: number): number => (x << n) | (x >>> (32 - n));

/** T_j <<< j for each round. */
const ROUND_CONSTANTS: Int32Array = Int32Array.from({ length: 64 }, (_, j) =>
  rotl(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32),
);

const W = new Int32Array(68);

function compress(state: Uint32Array, block: Uint8Array, offset: number): void {
  for (let j = 0; j < 16; j += 1) {
    const at = offset + 4 * j;
    W[j] =
      ((block[at] as number) << 24) |
      ((block[at + 1] as number) << 16) |
      ((block[at + 2] as number) << 8) |
      (block[at + 3] as number);
  }
  for (let j = 16; j < 68; j += 1) {
    const x = (W[j - 16] as number) ^ (W[j - 9] as number) ^ rotl(W[j - 3] as number, 15);
    W[j] = x ^ rotl(x, 15) ^ rotl(x, 23) ^ rotl(W[j - 13] as number, 7) ^ (W[j - 6] as number);
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let j = 0; j < 64; j += 1) {
    const a12 = rotl(a, 12);
    const ss1 = rotl((a12 + e + (ROUND_CONSTANTS[j] as number)) | 0, 7);
    const ss2 = ss1 ^ a12;
    const wj = W[j] as number;
    const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
    const tt1 = (ff + d + ss2 + (wj ^ (W[j + 4] as number))) | 0;
    const tt2 = (gg + h + ss1 + wj) | 0;
    d = c;
    c = rotl(b, 9);
    b = a;
    a = tt1;
    h = g;
    g = rotl(f, 19);
    f = e;
    e = tt2 ^ rotl(tt2, 9) ^ rotl(tt2, 17);
  }
  const [s0, s1, s2, s3, s4, s5, s6, s7] = state as unknown as number[];
  state.set([
    a ^ (s0 as number),
    b ^ (s1 as number),
    c ^ (s2 as number),
    d ^ (s3 as number),
    e ^ (s4 as number),
    f ^ (s5 as number),
    g ^ (s6 as number),
    h ^ (s7 as number),
  ]);
}

/** Streaming SM3 (GB/T 32905-2016). */
export interface Sm3Hasher {
  update(bytes: Uint8Array): Sm3Hasher;
  /** 32 bytes; the hasher is spent */
  digest(): Uint8Array;
}

function createSm3(): Sm3Hasher {
  const state = INITIAL.slice();
  const buffer = new Uint8Array(64);
  let buffered = 0;
  let length = 0;
  const hasher: Sm3Hasher = {
    update(bytes): Sm3Hasher {
      length += bytes.length;
      let at = 0;
      if (buffered > 0) {
        at = Math.min(64 - buffered, bytes.length);
        buffer.set(bytes.subarray(0, at), buffered);
        buffered += at;
        if (buffered === 64) {
          compress(state, buffer, 0);
          buffered = 0;
        }
      }
      for (; at + 64 <= bytes.length; at += 64) compress(state, bytes, at);
      if (at < bytes.length) {
        buffer.set(bytes.subarray(at), 0);
        buffered = bytes.length - at;
      }
      return hasher;
    },
    digest(): Uint8Array {
      const tail = new Uint8Array(buffered < 56 ? 64 : 128);
      tail.set(buffer.subarray(0, buffered));
      tail[buffered] = 0x80;
      const view = new DataView(tail.buffer);
      view.setBigUint64(tail.length - 8, BigInt(length) * 8n);
      for (let at = 0; at < tail.length; at += 64) compress(state, tail, at);
      const out = new Uint8Array(32);
      const outView = new DataView(out.buffer);
      for (let index = 0; index < 8; index += 1)
        outView.setUint32(4 * index, state[index] as number);
      return out;
    },
  };
  return hasher;
}

/** SM3 digest, 32 bytes. Source: GB/T 32905-2016. */
export const sm3: { (bytes: Uint8Array): Uint8Array; create(): Sm3Hasher } = Object.assign(
  (bytes: Uint8Array): Uint8Array => createSm3().update(bytes).digest(),
  { create: createSm3 },
);

/** HMAC with SM3, 32 bytes. Source: GB/T 15852.2, RFC 2104. */
export function hmacSm3(key: Uint8Array, message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(64);
  padded.set(key.length > 64 ? sm3(key) : key);
  const inner = padded.map((byte) => byte ^ 0x36);
  const outer = padded.map((byte) => byte ^ 0x5c);
  return sm3(concatBytes(outer, sm3(concatBytes(inner, message))));
}

/** KDF of GB/T 32918.4 §5.4.3: `length` bytes from SM3(input ‖ counter). */
export function kdfSm3(input: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(length / 32) * 32);
  const counter = new Uint8Array(4);
  for (let at = 0, count = 1; at < length; at += 32, count += 1) {
    new DataView(counter.buffer).setUint32(0, count);
    out.set(sm3(concatBytes(input, counter)), at);
  }
  return out.slice(0, length);
}
