import { concatBytes } from "./bytes.ts";
import { CodedError } from "./coded-error.ts";
import { hmacSm3, sm3 } from "./sm3.ts";

const SBOX = new Uint8Array(
  (
    "d690e9fecce13db716b614c228fb2c052b679a762abe04c3aa441326498606999c4250f491ef987a33540b43edcfac62" +
    "e4b31ca9c908e89580df94fa758f3fa64707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35" +
    "1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89eeabf8ad240c738b5a3f7f2cef96115a1" +
    "e0ae5da49b341a55ad933230f58cb1e31df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51" +
    "8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b08969974a0c96777e65b9f109c56ec684" +
    "18f07dec3adc4d2079ee5f3ed7cb3948"
  )
    .match(/../g)
    ?.map((pair) => Number.parseInt(pair, 16)) ?? [],
);

const FK = [0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc] as const;

const rotl = (x: number, n: number): number => (x << n) | (x >>> (32 - n));

function substitute(x: number): number {
  return (
    ((SBOX[x >>> 24] as number) << 24) |
    ((SBOX[(x >>> 16) & 0xff] as number) << 16) |
    ((SBOX[(x >>> 8) & 0xff] as number) << 8) |
    (SBOX[x & 0xff] as number)
  );
}

function checkLength(bytes: Uint8Array, length: number, operand: string): void {
  if (!(bytes instanceof Uint8Array) || bytes.length !== length) {
    throw new CodedError({
      code: "crypto/bad-length",
      operand,
      expected: length,
      got: bytes?.length,
    });
  }
}

/** 32 round keys. Source: GB/T 32907-2016 §7.3. */
function expandKey(key: Uint8Array): Uint32Array {
  checkLength(key, 16, "key");
  const view = new DataView(key.buffer, key.byteOffset);
  const k = FK.map((constant, index) => view.getUint32(4 * index) ^ constant);
  const roundKeys = new Uint32Array(32);
  for (let i = 0; i < 32; i += 1) {
    let ck = 0;
    for (let j = 0; j < 4; j += 1) ck = (ck << 8) | (((4 * i + j) * 7) & 0xff);
    const x = substitute((k[i + 1] as number) ^ (k[i + 2] as number) ^ (k[i + 3] as number) ^ ck);
    k.push((k[i] as number) ^ x ^ rotl(x, 13) ^ rotl(x, 23));
    roundKeys[i] = k[i + 4] as number;
  }
  return roundKeys;
}

function cipherBlock(roundKeys: Uint32Array, input: DataView, at: number, output: DataView): void {
  let a = input.getUint32(at);
  let b = input.getUint32(at + 4);
  let c = input.getUint32(at + 8);
  let d = input.getUint32(at + 12);
  for (let i = 0; i < 32; i += 1) {
    const x = substitute(b ^ c ^ d ^ (roundKeys[i] as number));
    const next = a ^ x ^ rotl(x, 2) ^ rotl(x, 10) ^ rotl(x, 18) ^ rotl(x, 24);
    a = b;
    b = c;
    c = d;
    d = next;
  }
  output.setUint32(0, d);
  output.setUint32(4, c);
  output.setUint32(8, b);
  output.setUint32(12, a);
}

/** One block; `roundKeys` reversed decrypts. */
function oneBlock(roundKeys: Uint32Array, block: Uint8Array): Uint8Array {
  checkLength(block, 16, "block");
  const out = new Uint8Array(16);
  cipherBlock(roundKeys, new DataView(block.buffer, block.byteOffset), 0, new DataView(out.buffer));
  return out;
}

function counterMode(key: Uint8Array, counterBlock: Uint8Array, bytes: Uint8Array): Uint8Array {
  checkLength(counterBlock, 16, "iv");
  const roundKeys = expandKey(key);
  const counter = counterBlock.slice();
  const counterView = new DataView(counter.buffer);
  const pad = new Uint8Array(16);
  const padView = new DataView(pad.buffer);
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 16) {
    cipherBlock(roundKeys, counterView, 0, padView);
    const end = Math.min(16, bytes.length - at);
    for (let index = 0; index < end; index += 1) {
      out[at + index] = (bytes[at + index] as number) ^ (pad[index] as number);
    }
    for (let index = 15; index >= 0; index -= 1) {
      counter[index] = ((counter[index] as number) + 1) & 0xff;
      if (counter[index] !== 0) break;
    }
  }
  return out;
}

/**
 * SM4 (GB/T 32907-2016). Table look-ups: not constant-time against an attacker who shares the cache;
 * see docs/crypto.md.
 */
export const sm4: {
  encryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array;
  decryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array;
  /** its own inverse; `iv` is the first counter block, 16 bytes */
  ctr(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array;
} = {
  encryptBlock: (key, block) => oneBlock(expandKey(key), block),
  decryptBlock: (key, block) => oneBlock(expandKey(key).reverse(), block),
  ctr: counterMode,
};

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < left.length; index += 1) {
    difference |= (left[index] as number) ^ (right[index] ?? 0);
  }
  return difference === 0;
}

const TAG_BYTES = 32;

function tagOf(
  macKey: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  const lengths = new Uint8Array(16);
  const view = new DataView(lengths.buffer);
  view.setBigUint64(0, BigInt(aad.length));
  view.setBigUint64(8, BigInt(ciphertext.length));
  return hmacSm3(macKey, concatBytes(iv, aad, ciphertext, lengths));
}

function splitKey(key: Uint8Array): { readonly cipher: Uint8Array; readonly mac: Uint8Array } {
  checkLength(key, 32, "key");
  return {
    cipher: sm3(concatBytes(key, Uint8Array.of(1))).slice(0, 16),
    mac: sm3(concatBytes(key, Uint8Array.of(2))),
  };
}

/** SM4-CTR, then HMAC-SM3 over iv, associated data and ciphertext. Key 32 bytes, iv 16 and never twice. */
export const sm4CtrHmac: {
  seal(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array, aad?: Uint8Array): Uint8Array;
  /** @throws {CodedError} `crypto/authentication-failed` */
  open(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array, aad?: Uint8Array): Uint8Array;
} = {
  seal(key, iv, plaintext, aad = new Uint8Array(0)): Uint8Array {
    const { cipher, mac } = splitKey(key);
    const ciphertext = counterMode(cipher, iv, plaintext);
    return concatBytes(ciphertext, tagOf(mac, iv, ciphertext, aad));
  },
  open(key, iv, sealed, aad = new Uint8Array(0)): Uint8Array {
    const { cipher, mac } = splitKey(key);
    const split = sealed.length - TAG_BYTES;
    const ciphertext = sealed.subarray(0, Math.max(split, 0));
    if (split < 0 || !sameBytes(tagOf(mac, iv, ciphertext, aad), sealed.subarray(split))) {
      throw new CodedError({ code: "crypto/authentication-failed" });
    }
    return counterMode(cipher, iv, ciphertext);
  },
};

/** Multiplication in GF(2^128) of GCM, bit by bit. */
function multiplyGcm(x: bigint, y: bigint): bigint {
  let z = 0n;
  let v = y;
  for (let bit = 127n; bit >= 0n; bit -= 1n) {
    if ((x >> bit) & 1n) z ^= v;
    v = v & 1n ? (v >> 1n) ^ (0xe1n << 120n) : v >> 1n;
  }
  return z;
}

const toBigint = (block: Uint8Array): bigint =>
  block.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

function ghash(h: bigint, aad: Uint8Array, ciphertext: Uint8Array): bigint {
  let y = 0n;
  for (const part of [aad, ciphertext]) {
    for (let at = 0; at < part.length; at += 16) {
      const block = new Uint8Array(16);
      block.set(part.subarray(at, at + 16));
      y = multiplyGcm(y ^ toBigint(block), h);
    }
  }
  return multiplyGcm(y ^ ((BigInt(aad.length) << 67n) | (BigInt(ciphertext.length) << 3n)), h);
}

function gcmParts(
  key: Uint8Array,
  nonce: Uint8Array,
): { h: bigint; first: Uint8Array; pad: bigint } {
  checkLength(nonce, 12, "nonce");
  const roundKeys = expandKey(key);
  const h = toBigint(oneBlock(roundKeys, new Uint8Array(16)));
  const zero = concatBytes(nonce, Uint8Array.of(0, 0, 0, 1));
  return {
    h,
    first: concatBytes(nonce, Uint8Array.of(0, 0, 0, 2)),
    pad: toBigint(oneBlock(roundKeys, zero)),
  };
}

function gcmTag(
  parts: { h: bigint; pad: bigint },
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  let value = ghash(parts.h, aad, ciphertext) ^ parts.pad;
  const tag = new Uint8Array(16);
  for (let index = 15; index >= 0; index -= 1) {
    tag[index] = Number(value & 0xffn);
    value >>= 8n;
  }
  return tag;
}

/** SM4-GCM (RFC 8998). Nonce 12 bytes, never twice under one key; tag 16 bytes at the end. */
export const sm4Gcm: {
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad?: Uint8Array): Uint8Array;
  /** @throws {CodedError} `crypto/authentication-failed` */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad?: Uint8Array): Uint8Array;
} = {
  seal(key, nonce, plaintext, aad = new Uint8Array(0)): Uint8Array {
    const parts = gcmParts(key, nonce);
    const ciphertext = counterMode(key, parts.first, plaintext);
    return concatBytes(ciphertext, gcmTag(parts, aad, ciphertext));
  },
  open(key, nonce, sealed, aad = new Uint8Array(0)): Uint8Array {
    const parts = gcmParts(key, nonce);
    const ciphertext = sealed.subarray(0, Math.max(sealed.length - 16, 0));
    if (
      sealed.length < 16 ||
      !sameBytes(gcmTag(parts, aad, ciphertext), sealed.subarray(ciphertext.length))
    ) {
      throw new CodedError({ code: "crypto/authentication-failed" });
    }
    return counterMode(key, parts.first, ciphertext);
  },
};
