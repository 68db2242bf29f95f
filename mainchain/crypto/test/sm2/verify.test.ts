import { describe, expect, test } from "vitest";
import { bigintToBytes, bytesToBigint, concatBytes, sm2, utf8ToBytes } from "../../src/index.ts";
import { decodePoint, encodePoint, N, P } from "../../src/sm2/curve.ts";
import { codeOf } from "../coded.ts";
import { KernelUnderTest } from "../kernel-sm2.ts";
import { modN, multiplyBase, nobleVerifyDigest } from "../noble-sm2.ts";
import { hex, vectors } from "../vectors.ts";

const v = vectors.sm2Sign;
const publicKey = hex("04", v.px, v.py);
const message = utf8ToBytes(v.messageUtf8);
const signature = hex(v.r, v.s);
const r = BigInt(`0x${v.r}`);
const s = BigInt(`0x${v.s}`);
const pair = (left: bigint, right: bigint): Uint8Array =>
  concatBytes(bigintToBytes(left, 32), bigintToBytes(right, 32));

const kernel = new KernelUnderTest();

/** What both walks of the kernel and the bigint reference say; they must say the same. */
function verifyDigest(pairBytes: Uint8Array, digest: Uint8Array, key: Uint8Array): boolean {
  const answer = nobleVerifyDigest(pairBytes, digest, key);
  expect(kernel.verifyDigest(pairBytes, digest, key)).toEqual({ fresh: answer, prepared: answer });
  return answer;
}

describe("sm2.verify at the edges", () => {
  test.each([
    ["r = 0", 0n, s],
    ["s = 0", r, 0n],
    ["r = n", N, s],
    ["s = n", r, N],
    ["r + n, were it to fit", (1n << 256n) - 1n, s],
    ["r + s = n", r, N - r],
    ["r = s = 0", 0n, 0n],
    ["r and s swapped", s, r],
    ["s negated", r, N - s],
  ])("refuses %s", (_, left, right) => {
    expect(sm2.verify(pair(left, right), message, publicKey)).toBe(false);
  });

  test("refuses s = r + n and r = r + n even where the value mod n would be right", () => {
    const small = 5n;
    expect(N + small < 1n << 256n).toBe(true);
    expect(sm2.verify(pair(N + small, s), message, publicKey)).toBe(false);
    expect(sm2.verify(pair(r, N + small), message, publicKey)).toBe(false);
  });

  test("refuses R at infinity, which the holder of the key can make for any message", () => {
    // s·G + t·P = ∞ for s + t·d = 0: choose t, then s = −t·d and r = t − s; r = e makes the sum look right.
    const d = BigInt(`0x${v.d}`);
    const t = 0x1234567890abcdefn;
    const badS = modN(-t * d);
    const badR = modN(t - badS);
    const digest = bigintToBytes(badR, 32);
    expect(verifyDigest(pair(badR, badS), digest, publicKey)).toBe(false);
  });

  test("takes both signs of a key's y only where they signed", () => {
    const negated = concatBytes(
      publicKey.subarray(0, 33),
      bigintToBytes(P - bytesToBigint(publicKey.subarray(33)), 32),
    );
    expect(sm2.isValidPublicKey(negated)).toBe(true);
    expect(sm2.verify(signature, message, negated)).toBe(false);
  });

  test("holds where R is a doubling, that is s·G = t·P", () => {
    // With d = 1 and r = 0 mod n barred, s = t needs r = 0; with d = 2, s = 2t gives equal terms.
    const d = 2n;
    const t = 77n;
    const equalS = 2n * t;
    const sum = multiplyBase(equalS).double();
    const rForT = modN(t - equalS);
    const digest = bigintToBytes(modN(rForT - sum.toAffine().x), 32);
    const key = encodePoint(multiplyBase(d));
    expect(verifyDigest(pair(rForT, equalS), digest, key)).toBe(true);
  });

  test("holds for the keys G, 2G and −G", () => {
    for (const d of [1n, 2n, N - 2n]) {
      const secretKey = bigintToBytes(d, 32);
      const made = sm2.sign(message, secretKey);
      expect(sm2.verify(made, message, sm2.getPublicKey(secretKey))).toBe(true);
    }
  });

  test("throws for wrong lengths and types, and only for those", () => {
    expect(codeOf(() => sm2.verify(signature.subarray(1), message, publicKey))).toBe(
      "crypto/bad-length",
    );
    expect(codeOf(() => sm2.verify(signature, message, publicKey.subarray(1)))).toBe(
      "crypto/bad-length",
    );
    expect(codeOf(() => sm2.verify(signature, "m" as unknown as Uint8Array, publicKey))).toBe(
      "crypto/bad-type",
    );
    const longest = { userId: new Uint8Array(8191) };
    expect(sm2.verify(signature, message, publicKey, longest)).toBe(false);
    const tooLong = { userId: new Uint8Array(8192) };
    expect(codeOf(() => sm2.verify(signature, message, publicKey, tooLong))).toBe(
      "crypto/bad-length",
    );
  });
});

describe("sm2 public keys", () => {
  const x = bytesToBigint(publicKey.subarray(1, 33));
  const y = bytesToBigint(publicKey.subarray(33));
  const key = (prefix: number, left: bigint, right: bigint): Uint8Array =>
    concatBytes(Uint8Array.of(prefix), bigintToBytes(left, 32), bigintToBytes(right, 32));

  /** A point whose x fits below 2^256 − p, so that x + p is a second spelling of it. */
  function smallX(): { readonly x: bigint; readonly y: bigint } {
    const a = P - 3n;
    const b = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n;
    const power = (base: bigint, exponent: bigint): bigint => {
      let result = 1n;
      for (let e = exponent, square = base; e > 0n; e >>= 1n, square = (square * square) % P) {
        if (e & 1n) result = (result * square) % P;
      }
      return result;
    };
    for (let candidate = 0n; ; candidate += 1n) {
      const square = (candidate ** 3n + a * candidate + b) % P;
      const root = power(square, (P + 1n) / 4n);
      if ((root * root) % P === square) return { x: candidate, y: root };
    }
  }

  test.each([
    ["off the curve", key(4, x, y + 1n)],
    ["the origin", key(4, 0n, 0n)],
    ["x = p", key(4, P, y)],
    ["y = p", key(4, x, P)],
    ["a compressed prefix", key(2, x, y)],
    ["a hybrid prefix", key(6, x, y)],
    ["the prefix of infinity", key(0, x, y)],
  ])("refuses %s", (_, bytes) => {
    expect(sm2.isValidPublicKey(bytes)).toBe(false);
    expect(sm2.verify(signature, message, bytes)).toBe(false);
    expect(codeOf(() => sm2.encrypt(message, bytes))).toBe("crypto/bad-point");
  });

  test("refuses a second spelling of a point, x + p", () => {
    const point = smallX();
    expect(sm2.isValidPublicKey(key(4, point.x, point.y))).toBe(true);
    expect(sm2.isValidPublicKey(key(4, point.x + P, point.y))).toBe(false);
  });

  test("other lengths are invalid, not an error", () => {
    expect(sm2.isValidPublicKey(new Uint8Array(0))).toBe(false);
    expect(sm2.isValidPublicKey(publicKey.subarray(0, 64))).toBe(false);
    expect(sm2.isValidPublicKey(concatBytes(publicKey, Uint8Array.of(0)))).toBe(false);
    expect(decodePoint(publicKey)).toBeDefined();
  });
});
