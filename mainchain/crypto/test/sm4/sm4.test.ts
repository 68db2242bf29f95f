import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import smCrypto from "sm-crypto";
import * as smCryptoV2 from "sm-crypto-v2";
import { describe, expect, test } from "vitest";
import { bytesToHex, concatBytes, sm4, sm4CtrHmac, sm4Gcm, utf8ToBytes } from "../../src/index.ts";
import { withKey } from "../../src/sm4/cipher.ts";
import { codeOf } from "../coded.ts";
import { hex, vectors } from "../vectors.ts";

const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const upTo = (length: number) => fc.uint8Array({ maxLength: length });

describe("sm4", () => {
  const v = vectors.sm4Ecb;

  test("reproduces GB/T 32907 A.1", () => {
    expect(sm4.encryptBlock(hex(v.key), hex(v.plaintext))).toEqual(hex(v.ciphertext));
    expect(sm4.decryptBlock(hex(v.key), hex(v.ciphertext))).toEqual(hex(v.plaintext));
  });

  test("reproduces GB/T 32907 A.2 after a million rounds", () => {
    const last = withKey(hex(v.key), 0, ({ exports, memory, block }) => {
      memory.set(hex(v.plaintext), block);
      for (let round = 0; round < 1_000_000; round += 1) exports.cipherOneBlock();
      return memory.slice(block, block + 16);
    });
    expect(last).toEqual(hex(v.afterOneMillionRounds));
  });

  test("a block agrees with OpenSSL and sm-crypto and decrypts to itself", () => {
    fc.assert(
      fc.property(fixed(16), fixed(16), (key, block) => {
        const cipher = createCipheriv("sm4-ecb", key, null).setAutoPadding(false);
        const ours = sm4.encryptBlock(key, block);
        expect(ours).toEqual(new Uint8Array(cipher.update(block)));
        expect(bytesToHex(ours)).toBe(
          smCrypto.sm4.encrypt(Array.from(block), Array.from(key), { padding: "none" }),
        );
        expect(sm4.decryptBlock(key, ours)).toEqual(block);
      }),
    );
  });

  test("counter mode agrees with OpenSSL, carries through all 128 bits, and undoes itself", () => {
    const near = fc.constantFrom("ff".repeat(16), `${"00".repeat(8)}${"ff".repeat(8)}`);
    fc.assert(
      fc.property(
        fixed(16),
        fc.oneof(
          fixed(16),
          near.map((text) => hex(text)),
        ),
        upTo(200),
        (key, iv, bytes) => {
          const ours = sm4.ctr(key, iv, bytes);
          expect(ours).toEqual(new Uint8Array(createCipheriv("sm4-ctr", key, iv).update(bytes)));
          expect(sm4.ctr(key, iv, ours)).toEqual(bytes);
        },
      ),
    );
  });

  test("refuses keys, blocks and counters of other lengths", () => {
    const good = new Uint8Array(16);
    for (const bad of [new Uint8Array(15), new Uint8Array(17), new Uint8Array(0)]) {
      expect(codeOf(() => sm4.encryptBlock(bad, good))).toBe("crypto/bad-length");
      expect(codeOf(() => sm4.decryptBlock(good, bad))).toBe("crypto/bad-length");
      expect(codeOf(() => sm4.ctr(good, bad, good))).toBe("crypto/bad-length");
    }
  });
});

describe("sm4Gcm", () => {
  const v = vectors.sm4Gcm;

  test("reproduces RFC 8998 A.1", () => {
    const sealed = sm4Gcm.seal(hex(v.key), hex(v.iv), hex(v.plaintext), hex(v.aad));
    expect(sealed).toEqual(hex(v.ciphertext, v.tag));
    expect(sm4Gcm.open(hex(v.key), hex(v.iv), sealed, hex(v.aad))).toEqual(hex(v.plaintext));
  });

  test("agrees with sm-crypto-v2 both ways", () => {
    fc.assert(
      fc.property(
        fixed(16),
        fixed(12),
        fc.uint8Array({ minLength: 1, maxLength: 90 }),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        (key, nonce, plaintext, aad) => {
          const theirs = smCryptoV2.sm4.encrypt(plaintext, key, {
            mode: "gcm",
            iv: nonce,
            associatedData: aad,
            output: "array",
            outputTag: true,
          });
          const ours = sm4Gcm.seal(key, nonce, plaintext, aad);
          expect(ours).toEqual(concatBytes(theirs.output, theirs.tag ?? new Uint8Array(0)));
          expect(sm4Gcm.open(key, nonce, ours, aad)).toEqual(plaintext);
        },
      ),
      { numRuns: 50 },
    );
  });

  test("its ciphertext is counter mode from block 2, and its tag GHASH done bit by bit", () => {
    const toInt = (bytes: Uint8Array): bigint => BigInt(`0x0${bytesToHex(bytes)}`);
    const padded = (bytes: Uint8Array): Uint8Array =>
      concatBytes(bytes, new Uint8Array((16 - (bytes.length % 16)) % 16));
    const times = (x: bigint, y: bigint): bigint => {
      let z = 0n;
      let shifted = y;
      for (let bit = 127n; bit >= 0n; bit -= 1n) {
        if ((x >> bit) & 1n) z ^= shifted;
        shifted = shifted & 1n ? (shifted >> 1n) ^ (0xe1n << 120n) : shifted >> 1n;
      }
      return z;
    };
    fc.assert(
      fc.property(fixed(16), fixed(12), upTo(70), upTo(40), (key, nonce, plaintext, aad) => {
        const sealed = sm4Gcm.seal(key, nonce, plaintext, aad);
        const ciphertext = sealed.subarray(0, plaintext.length);
        expect(ciphertext).toEqual(
          sm4.ctr(key, concatBytes(nonce, Uint8Array.of(0, 0, 0, 2)), plaintext),
        );
        const h = toInt(sm4.encryptBlock(key, new Uint8Array(16)));
        const lengths = (BigInt(aad.length * 8) << 64n) | BigInt(ciphertext.length * 8);
        const input = concatBytes(padded(aad), padded(ciphertext));
        let y = 0n;
        for (let at = 0; at < input.length; at += 16) {
          y = times(y ^ toInt(input.subarray(at, at + 16)), h);
        }
        y = times(y ^ lengths, h);
        const mask = sm4.encryptBlock(key, concatBytes(nonce, Uint8Array.of(0, 0, 0, 1)));
        expect(toInt(sealed.subarray(plaintext.length))).toBe(y ^ toInt(mask));
      }),
      { numRuns: 60 },
    );
  });
});

describe.each([
  ["sm4Gcm", sm4Gcm, 16, 16],
  ["sm4CtrHmac", sm4CtrHmac, 32, 32],
] as const)("%s", (_, mode, keyBytes, tagBytes) => {
  test("opens what it sealed, with and without associated data", () => {
    fc.assert(
      fc.property(fixed(keyBytes), fixed(12), upTo(120), upTo(50), (key, nonce, text, aad) => {
        const sealed = mode.seal(key, nonce, text, aad);
        expect(sealed.length).toBe(text.length + tagBytes);
        expect(mode.open(key, nonce, sealed, aad)).toEqual(text);
        expect(mode.open(key, nonce, mode.seal(key, nonce, text))).toEqual(text);
      }),
    );
  });

  test("refuses any change to key, nonce, ciphertext, tag or associated data", () => {
    const key = crypto.getRandomValues(new Uint8Array(keyBytes));
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const aad = utf8ToBytes("header");
    const sealed = mode.seal(key, nonce, utf8ToBytes("a rope of many strands"), aad);
    const failed = "crypto/authentication-failed";
    const flip = (bytes: Uint8Array, at: number): Uint8Array =>
      bytes.map((byte, index) => (index === at ? byte ^ 0x80 : byte));
    for (let at = 0; at < sealed.length; at += 1) {
      expect(codeOf(() => mode.open(key, nonce, flip(sealed, at), aad))).toBe(failed);
    }
    expect(codeOf(() => mode.open(flip(key, 0), nonce, sealed, aad))).toBe(failed);
    expect(codeOf(() => mode.open(key, flip(nonce, 11), sealed, aad))).toBe(failed);
    expect(codeOf(() => mode.open(key, nonce, sealed, flip(aad, 0)))).toBe(failed);
    expect(codeOf(() => mode.open(key, nonce, sealed))).toBe(failed);
    expect(codeOf(() => mode.open(key, nonce, sealed.subarray(1), aad))).toBe(failed);
    expect(codeOf(() => mode.open(key, nonce, new Uint8Array(tagBytes - 1), aad))).toBe(failed);
  });

  test("bytes do not move between associated data and ciphertext", () => {
    const key = new Uint8Array(keyBytes).fill(3);
    const nonce = new Uint8Array(12);
    const sealed = mode.seal(key, nonce, utf8ToBytes("ab"), utf8ToBytes("cd"));
    const moved = concatBytes(utf8ToBytes("d"), sealed);
    expect(codeOf(() => mode.open(key, nonce, moved, utf8ToBytes("c")))).toBe(
      "crypto/authentication-failed",
    );
  });

  test("refuses keys and nonces of other lengths as the caller's fault", () => {
    const nothing = new Uint8Array(0);
    expect(codeOf(() => mode.seal(new Uint8Array(keyBytes + 1), new Uint8Array(12), nothing))).toBe(
      "crypto/bad-length",
    );
    expect(codeOf(() => mode.open(new Uint8Array(keyBytes), new Uint8Array(11), nothing))).toBe(
      "crypto/bad-length",
    );
  });
});
