import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import smCrypto from "sm-crypto";
import { describe, expect, test } from "vitest";
import { bytesToHex, hmacSm3, kdfSm3, sm3, utf8ToBytes } from "../src/index.ts";
import { codeOf } from "./coded.ts";
import { vectors } from "./vectors.ts";

const opensslSm3 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sm3").update(bytes).digest());

describe("sm3", () => {
  test.each(vectors.sm3)("gives the standard's digest of $utf8", ({ utf8, digest }) => {
    expect(bytesToHex(sm3(utf8ToBytes(utf8)))).toBe(digest);
  });

  test("agrees with OpenSSL at every length around the block boundaries", () => {
    for (let length = 0; length <= 260; length += 1) {
      const input = Uint8Array.from({ length }, (_, index) => (index * 37 + length) & 0xff);
      expect(sm3(input)).toEqual(opensslSm3(input));
    }
  });

  test("agrees with OpenSSL and sm-crypto on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (input) => {
        expect(sm3(input)).toEqual(opensslSm3(input));
        expect(bytesToHex(sm3(input))).toBe(smCrypto.sm3(Array.from(input)));
      }),
    );
  });

  test("a stream cut anywhere gives the digest of the whole", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 8 }), (parts) => {
        const hasher = sm3.create();
        for (const part of parts) hasher.update(part);
        expect(hasher.digest()).toEqual(sm3(Uint8Array.from(parts.flatMap((part) => [...part]))));
      }),
    );
  });

  test("reads a view into a larger buffer, not the buffer", () => {
    const outer = new Uint8Array(200).fill(7);
    const view = outer.subarray(33, 133);
    expect(sm3(view)).toEqual(sm3(view.slice()));
  });

  test("refuses what is not bytes, and a spent hasher", () => {
    expect(codeOf(() => sm3("abc" as unknown as Uint8Array))).toBe("crypto/bad-type");
    const hasher = sm3.create();
    hasher.digest();
    expect(codeOf(() => hasher.update(new Uint8Array(1)))).toBe("crypto/closed");
    expect(codeOf(() => hasher.digest())).toBe("crypto/closed");
  });
});

describe("hmacSm3 and kdfSm3", () => {
  test("HMAC agrees with OpenSSL for keys below, at and above a block", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 130 }),
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(200),
        (key, message, cut) => {
          const expected = new Uint8Array(createHmac("sm3", key).update(message).digest());
          expect(hmacSm3(key, message)).toEqual(expected);
          expect(hmacSm3(key, message.subarray(0, cut), message.subarray(cut))).toEqual(expected);
        },
      ),
    );
  });

  test("KDF is SM3 of input and a counter from 1, cut to length", () => {
    const input = utf8ToBytes("shared");
    const block = (counter: number): Uint8Array =>
      opensslSm3(Uint8Array.from([...input, 0, 0, 0, counter]));
    expect(kdfSm3(input, 0)).toEqual(new Uint8Array(0));
    expect(kdfSm3(input, 70)).toEqual(
      Uint8Array.from([...block(1), ...block(2), ...block(3)]).slice(0, 70),
    );
    expect(codeOf(() => kdfSm3(input, -1))).toBe("crypto/bad-range");
    expect(codeOf(() => kdfSm3(input, 1.5))).toBe("crypto/bad-range");
  });
});
