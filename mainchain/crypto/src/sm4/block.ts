import { hexToBytes } from "../bytes.ts";
import { expectBytes } from "../crypto-error.ts";

const SBOX: Uint8Array = hexToBytes(
  "d690e9fecce13db716b614c228fb2c052b679a762abe04c3aa441326498606999c4250f491ef987a33540b43edcfac62" +
    "e4b31ca9c908e89580df94fa758f3fa64707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35" +
    "1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89eeabf8ad240c738b5a3f7f2cef96115a1" +
    "e0ae5da49b341a55ad933230f58cb1e31df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51" +
    "8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b08969974a0c96777e65b9f109c56ec684" +
    "18f07dec3adc4d2079ee5f3ed7cb3948",
);

const rotl = (x: number, n: number): number => (x << n) | (x >>> (32 - n));

/** τ then L, for a byte in the highest place; the other three places are rotations of it. */
const TRANSFORM: readonly Int32Array[] = [0, 8, 16, 24].map((shift) =>
  Int32Array.from(SBOX, (byte) => {
    const x = byte << 24;
    const linear = x ^ rotl(x, 2) ^ rotl(x, 10) ^ rotl(x, 18) ^ rotl(x, 24);
    return shift === 0 ? linear : rotl(linear, 32 - shift);
  }),
);
const [T0, T1, T2, T3] = TRANSFORM as [Int32Array, Int32Array, Int32Array, Int32Array];

const FK = [0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc] as const;

function substitute(x: number): number {
  return (
    ((SBOX[x >>> 24] as number) << 24) |
    ((SBOX[(x >>> 16) & 0xff] as number) << 16) |
    ((SBOX[(x >>> 8) & 0xff] as number) << 8) |
    (SBOX[x & 0xff] as number)
  );
}

/** Four bytes (4i+j)·7 mod 256. */
function roundConstant(round: number): number {
  let constant = 0;
  for (let j = 0; j < 4; j += 1) constant = (constant << 8) | (((4 * round + j) * 7) & 0xff);
  return constant;
}

/**
 * The 32 round keys. Source: GB/T 32907-2016 §7.3.
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length` unless the key is 16 bytes
 */
export function expandKey(key: Uint8Array): Int32Array {
  expectBytes(key, "key", 16);
  const view = new DataView(key.buffer, key.byteOffset, 16);
  const words = new Int32Array(36);
  for (let i = 0; i < 4; i += 1) words[i] = view.getInt32(4 * i) ^ (FK[i] as number);
  for (let i = 0; i < 32; i += 1) {
    const mixed =
      (words[i + 1] as number) ^
      (words[i + 2] as number) ^
      (words[i + 3] as number) ^
      roundConstant(i);
    const x = substitute(mixed);
    words[i + 4] = (words[i] as number) ^ x ^ rotl(x, 13) ^ rotl(x, 23);
  }
  return words.slice(4);
}

/** The same cipher backwards: round keys in reverse. */
export function decryptionKeys(roundKeys: Int32Array): Int32Array {
  return roundKeys.slice().reverse();
}

/**
 * One block of four words in place, four rounds at a time. Source: GB/T 32907-2016 §7.1.
 * Table look-ups indexed by secret data: not constant-time.
 */
export function cipherWords(roundKeys: Int32Array, words: Int32Array): void {
  let a = words[0] as number;
  let b = words[1] as number;
  let c = words[2] as number;
  let d = words[3] as number;
  for (let i = 0; i < 32; i += 4) {
    let x = b ^ c ^ d ^ (roundKeys[i] as number);
    a ^=
      (T0[x >>> 24] as number) ^
      (T1[(x >>> 16) & 0xff] as number) ^
      (T2[(x >>> 8) & 0xff] as number) ^
      (T3[x & 0xff] as number);
    x = c ^ d ^ a ^ (roundKeys[i + 1] as number);
    b ^=
      (T0[x >>> 24] as number) ^
      (T1[(x >>> 16) & 0xff] as number) ^
      (T2[(x >>> 8) & 0xff] as number) ^
      (T3[x & 0xff] as number);
    x = d ^ a ^ b ^ (roundKeys[i + 2] as number);
    c ^=
      (T0[x >>> 24] as number) ^
      (T1[(x >>> 16) & 0xff] as number) ^
      (T2[(x >>> 8) & 0xff] as number) ^
      (T3[x & 0xff] as number);
    x = a ^ b ^ c ^ (roundKeys[i + 3] as number);
    d ^=
      (T0[x >>> 24] as number) ^
      (T1[(x >>> 16) & 0xff] as number) ^
      (T2[(x >>> 8) & 0xff] as number) ^
      (T3[x & 0xff] as number);
  }
  words[0] = d;
  words[1] = c;
  words[2] = b;
  words[3] = a;
}

/** @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length` unless the block is 16 bytes */
export function cipherBlock(roundKeys: Int32Array, block: Uint8Array): Uint8Array {
  expectBytes(block, "block", 16);
  const words = loadWords(block);
  cipherWords(roundKeys, words);
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  for (let i = 0; i < 4; i += 1) view.setInt32(4 * i, words[i] as number);
  return out;
}

/** Four big-endian words. */
export function loadWords(block: Uint8Array): Int32Array {
  const view = new DataView(block.buffer, block.byteOffset, 16);
  return Int32Array.of(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12));
}
