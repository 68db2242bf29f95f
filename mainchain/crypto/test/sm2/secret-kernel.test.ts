import { describe, expect, test } from "vitest";
import {
  bigintToBytes,
  bytesToBigint,
  bytesToHex,
  concatBytes,
  sm2,
  sm4Gcm,
} from "../../src/index.ts";
import { withSecrets } from "../../src/kernel/secret-kernel.ts";
import { decodePoint, encodePoint, N, P, Point } from "../../src/sm2/curve.ts";
import { messageDigest } from "../../src/sm2/identity.ts";
import { multiplySecret } from "../../src/sm2/keys.ts";
import { signDigestWithNonce } from "../../src/sm2/sign.ts";
import { modN, multiplyBase, nobleSignDigest } from "../noble-sm2.ts";
import { referenceNonces } from "../reference-nonce.ts";
import { SeededBytes } from "./fuzz-cases.ts";

const random = new SeededBytes("secret-kernel.test");
const scalarBytes = (value: bigint): Uint8Array => bigintToBytes(value, 32);
const pair = (r: bigint, s: bigint): Uint8Array => concatBytes(scalarBytes(r), scalarBytes(s));

/** Scalars on which windows, signs and carries turn, then random ones. */
const scalars: readonly bigint[] = [
  ...Array.from({ length: 34 }, (_, index) => BigInt(index + 1)),
  ...Array.from({ length: 34 }, (_, index) => N - 1n - BigInt(index)),
  ...Array.from({ length: 64 }, (_, index) => 1n << BigInt(4 * index)),
  ...Array.from({ length: 32 }, (_, index) => (1n << BigInt(8 * index + 7)) - 1n),
  (N - 1n) / 2n,
  (N + 1n) / 2n,
  0x8888888888888888888888888888888888888888888888888888888888888888n,
  0x7777777777777777777777777777777777777777777777777777777777777777n,
  ...Array.from({ length: 120 }, () => (random.bigint() % (N - 1n)) + 1n),
].filter((value) => value < N);

describe("the kernel of secrets", () => {
  test("multiplies the base point as bigints do, at every edge of its windows", () => {
    for (const d of scalars.filter((each) => each < N - 1n)) {
      expect(sm2.getPublicKey(scalarBytes(d)), `d = ${d}`).toEqual(encodePoint(multiplyBase(d)));
    }
  });

  test("multiplies any point as bigints do, x or y next to 0 and p included", () => {
    const points = [1n, 2n, N - 1n, random.bigint() % N].map(multiplyBase);
    for (let x = 0n; points.length < 8; x += 1n) {
      const square = (x ** 3n - 3n * x + Point.CURVE().b) % P;
      const root = Point.Fp.pow((square + P) % P, (P + 1n) / 4n);
      if ((root * root - square) % P === 0n) points.push(Point.fromAffine({ x, y: root }));
    }
    for (const point of points) {
      for (const k of scalars.filter((_, index) => index % 5 === 0)) {
        const product = multiplySecret(encodePoint(point), scalarBytes(k));
        expect(product).toEqual(encodePoint(point.multiply(k)));
      }
    }
  });

  test("refuses to multiply what is no point of the curve", () => {
    const good = encodePoint(Point.BASE);
    const bad = [
      good.map((byte, index) => (index === 64 ? byte ^ 1 : byte)),
      good.map((byte, index) => (index === 0 ? 2 : byte)),
      concatBytes(Uint8Array.of(4), scalarBytes(P), good.subarray(33)),
      new Uint8Array(65),
    ];
    for (const each of bad) expect(multiplySecret(each, scalarBytes(5n))).toBeUndefined();
  });

  test("signs as bigints do", () => {
    const digests = [0n, 1n, N - 1n, N, N + 1n, (1n << 256n) - 1n];
    for (let index = 0; index < 120; index += 1) {
      const d = scalars[(index * 7) % scalars.length] as bigint;
      const k = scalars[(index * 11 + 3) % scalars.length] as bigint;
      if (d > N - 2n) continue;
      const e = scalarBytes(digests[index] ?? random.bigint());
      const { r, s } = nobleSignDigest(e, d, k);
      expect(signDigestWithNonce(e, scalarBytes(d), scalarBytes(k))).toEqual(pair(r, s));
    }
  });

  test("asks for another nonce where r = 0, r + k = n or s = 0", () => {
    const d = 0x1234567n;
    const k = 0xabcdefn;
    const x = multiplyBase(k).toAffine().x;
    const sign = (e: bigint): Uint8Array | undefined =>
      signDigestWithNonce(scalarBytes(modN(e)), scalarBytes(d), scalarBytes(k));
    expect(sign(-x)).toBeUndefined();
    expect(sign(-k - x)).toBeUndefined();
    // s = 0 for r = k/d.
    expect(sign(k * Point.Fn.inv(d) - x)).toBeUndefined();
    expect(sign(1n - x)).toBeDefined();
  });

  test("takes the nonces of RFC 6979, with extra entropy of any length up to 1,024 bytes", () => {
    for (const length of [0, 1, 32, 33, 100, 1024]) {
      const secretKey = sm2.randomSecretKey();
      const publicKey = sm2.getPublicKey(secretKey);
      const extraEntropy = Uint8Array.from({ length }, () => random.below(256));
      const message = Uint8Array.of(length & 0xff);
      const digest = messageDigest(message, publicKey);
      const { value: k } = referenceNonces(secretKey, digest, extraEntropy).next();
      const { r, s } = nobleSignDigest(digest, bytesToBigint(secretKey), k as bigint);
      expect(sm2.sign(message, secretKey, { extraEntropy })).toEqual(pair(r, s));
    }
  });

  test("keeps nothing of a secret in its memory", () => {
    const secretKey = sm2.randomSecretKey();
    const peer = sm2.getPublicKey(sm2.randomSecretKey());
    const key = sm2.randomSecretKey().subarray(0, 16);
    const before = withSecrets(({ memory }) => memory.slice());
    sm2.getPublicKey(secretKey);
    sm2.sign(Uint8Array.of(1), secretKey);
    sm2.decrypt(sm2.encrypt(Uint8Array.of(7), sm2.getPublicKey(secretKey)), secretKey);
    sm2.keyAgreement({
      role: "initiator",
      secretKey,
      ephemeralSecretKey: sm2.randomSecretKey(),
      peerPublicKey: peer,
      peerEphemeralPublicKey: peer,
      keyBytes: 16,
    });
    sm4Gcm.seal(key, new Uint8Array(12), new Uint8Array(1000), new Uint8Array(33));
    const after = withSecrets(({ memory }) => memory.slice());
    // The table of G, made at first use, is the one thing that may have changed, and is public.
    const again = withSecrets(({ memory }) => memory.slice());
    expect(bytesToHex(after)).toBe(bytesToHex(again));
    const changed = after.filter((byte, index) => byte !== before[index]).length;
    expect(changed).toBe(0);
  });

  test("decodes what it encodes", () => {
    expect(decodePoint(sm2.getPublicKey(scalarBytes(77n)))?.equals(multiplyBase(77n))).toBe(true);
  });
});
