import fc from "fast-check";
import smCrypto from "sm-crypto";
import { describe, expect, test } from "vitest";
import {
  bytesToBigint,
  bytesToHex,
  concatBytes,
  hexToBytes,
  sm2,
  utf8ToBytes,
} from "../../src/index.ts";
import { identityDigest, messageDigest } from "../../src/sm2/identity.ts";
import { signDigestWithNonce } from "../../src/sm2/sign.ts";
import { codeOf } from "../coded.ts";
import { opensslSign, opensslVerify } from "../openssl-sm2.ts";
import { hex, vectors } from "../vectors.ts";

const v = vectors.sm2Sign;
const publicKey = hex("04", v.px, v.py);
const message = utf8ToBytes(v.messageUtf8);
const secret = () => fc.constant(0).map(() => sm2.randomSecretKey());

describe("sm2 signatures", () => {
  test("reproduce every intermediate value of GB/T 32918.5 A.2", () => {
    expect(sm2.getPublicKey(hex(v.d))).toEqual(publicKey);
    expect(identityDigest(publicKey)).toEqual(hex(v.z));
    expect(identityDigest(publicKey, v.userId)).toEqual(hex(v.z));
    const e = messageDigest(message, publicKey);
    expect(e).toEqual(hex(v.e));
    expect(signDigestWithNonce(e, hex(v.d), hex(v.k))).toEqual(hex(v.r, v.s));
    expect(sm2.verify(hex(v.r, v.s), message, publicKey)).toBe(true);
  });

  test("hold for any key, message and user id, in OpenSSL too, and OpenSSL's hold here", () => {
    fc.assert(
      fc.property(
        secret(),
        fc.uint8Array({ maxLength: 200 }),
        fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined }),
        (secretKey, text, userId) => {
          const key = sm2.getPublicKey(secretKey);
          const options = userId === undefined ? {} : { userId };
          const signature = sm2.sign(text, secretKey, options);
          const zAndMessage = concatBytes(identityDigest(key, userId), text);
          expect(sm2.verify(signature, text, key, options)).toBe(true);
          expect(opensslVerify(signature, zAndMessage, key)).toBe(true);
          const foreign = opensslSign(zAndMessage, secretKey, key);
          expect(sm2.verify(foreign, text, key, options)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("pass between this code and sm-crypto both ways", () => {
    for (let round = 0; round < 6; round += 1) {
      const secretKey = sm2.randomSecretKey();
      const key = sm2.getPublicKey(secretKey);
      const text = crypto.getRandomValues(new Uint8Array(round * 13));
      const options = { hash: true, userId: "规则@ropenet" };
      const ours = sm2.sign(text, secretKey, { userId: options.userId });
      const words = Array.from(text);
      expect(
        smCrypto.sm2.doVerifySignature(words, bytesToHex(ours), bytesToHex(key), options),
      ).toBe(true);
      const theirs = smCrypto.sm2.doSignature(words, bytesToHex(secretKey), options);
      expect(sm2.verify(hexToBytes(theirs), text, key, { userId: options.userId })).toBe(true);
    }
  });

  test("break when any bit of signature, message, key or user id changes", () => {
    const secretKey = sm2.randomSecretKey();
    const key = sm2.getPublicKey(secretKey);
    const text = utf8ToBytes("rope");
    const signature = sm2.sign(text, secretKey);
    const flipped = (bytes: Uint8Array, bit: number): Uint8Array =>
      bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    fc.assert(
      fc.property(fc.nat(511), fc.nat(31), fc.nat(519), (s, m, k) => {
        expect(sm2.verify(flipped(signature, s), text, key)).toBe(false);
        expect(sm2.verify(signature, flipped(text, m), key)).toBe(false);
        expect(sm2.verify(signature, text, flipped(key, k))).toBe(false);
      }),
      { numRuns: 40 },
    );
    expect(sm2.verify(signature, text, key, { userId: "" })).toBe(false);
  });

  test("are hedged by default, and repeat only where extra entropy is switched off", () => {
    const secretKey = hex(v.d);
    const quiet = { extraEntropy: false } as const;
    expect(sm2.sign(message, secretKey)).not.toEqual(sm2.sign(message, secretKey));
    expect(sm2.sign(message, secretKey, quiet)).toEqual(sm2.sign(message, secretKey, quiet));
    expect(sm2.sign(message, secretKey, { extraEntropy: Uint8Array.of(1) })).toEqual(
      sm2.sign(message, secretKey, { extraEntropy: Uint8Array.of(1) }),
    );
    const nonce = (text: string): bigint => {
      const signature = sm2.sign(utf8ToBytes(text), secretKey, quiet);
      const r = bytesToBigint(signature.subarray(0, 32));
      const s = bytesToBigint(signature.subarray(32));
      return s + (r + s) * BigInt(`0x${v.d}`);
    };
    expect(nonce("a")).not.toBe(nonce("b"));
  });
});

describe("sm2.sign with the public key at hand", () => {
  test("gives the same signature as without it", () => {
    const quiet = { extraEntropy: false } as const;
    expect(sm2.sign(message, hex(v.d), { ...quiet, publicKey })).toEqual(
      sm2.sign(message, hex(v.d), quiet),
    );
    const short = publicKey.subarray(1);
    expect(codeOf(() => sm2.sign(message, hex(v.d), { publicKey: short }))).toBe(
      "crypto/bad-length",
    );
  });

  test("takes another nonce for another digest, so that a wrong public key leaks nothing", () => {
    const other = sm2.getPublicKey(sm2.randomSecretKey());
    const quiet = { extraEntropy: false } as const;
    const d = BigInt(`0x${v.d}`);
    const n = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
    const nonce = (key: Uint8Array): bigint => {
      const signature = sm2.sign(message, hex(v.d), { ...quiet, publicKey: key });
      const r = bytesToBigint(signature.subarray(0, 32));
      const s = bytesToBigint(signature.subarray(32));
      return (s + (r + s) * d) % n;
    };
    expect(nonce(other)).not.toBe(nonce(publicKey));
  });
});

describe("sm2 secret keys", () => {
  const n = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
  const scalar = (value: bigint): Uint8Array => hex(value.toString(16).padStart(64, "0"));

  test("are 1 to n − 2", () => {
    for (const d of [1n, 2n, n - 2n]) {
      const secretKey = scalar(d);
      const key = sm2.getPublicKey(secretKey);
      expect(sm2.isValidPublicKey(key)).toBe(true);
      expect(sm2.verify(sm2.sign(message, secretKey), message, key)).toBe(true);
    }
    for (const d of [0n, n - 1n, n, n + 1n, (1n << 256n) - 1n]) {
      expect(codeOf(() => sm2.getPublicKey(scalar(d)))).toBe("crypto/bad-range");
      expect(codeOf(() => sm2.sign(message, scalar(d)))).toBe("crypto/bad-range");
      expect(codeOf(() => sm2.decrypt(new Uint8Array(98), scalar(d)))).toBe("crypto/bad-range");
    }
  });

  test("are 32 bytes", () => {
    for (const length of [0, 31, 33]) {
      expect(codeOf(() => sm2.sign(message, new Uint8Array(length)))).toBe("crypto/bad-length");
    }
    expect(codeOf(() => sm2.sign(message, v.d as unknown as Uint8Array))).toBe("crypto/bad-type");
    expect(codeOf(() => sm2.sign("m" as unknown as Uint8Array, hex(v.d)))).toBe("crypto/bad-type");
  });

  test("never appear in an error", () => {
    const secretKey = scalar(n);
    try {
      sm2.sign(message, secretKey);
    } catch (error) {
      expect(String(error)).not.toContain(bytesToHex(secretKey));
    }
  });
});
