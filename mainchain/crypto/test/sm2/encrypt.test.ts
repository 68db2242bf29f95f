import fc from "fast-check";
import smCrypto from "sm-crypto";
import { describe, expect, test } from "vitest";
import { bytesToHex, hexToBytes, sm2, utf8ToBytes } from "../../src/index.ts";
import { encryptWithNonce } from "../../src/sm2/encrypt.ts";
import { codeOf } from "../coded.ts";
import { hex, vectors } from "../vectors.ts";

const v = vectors.sm2Encrypt;
const { d, k, px, py } = vectors.sm2Sign;
const secretKey = hex(d);
const publicKey = hex("04", px, py);

describe("sm2 encryption", () => {
  test("reproduces GB/T 32918.5 A.3", () => {
    const plaintext = utf8ToBytes(v.messageUtf8);
    const expected = hex("04", v.c1, v.c3, v.c2);
    expect(encryptWithNonce(plaintext, publicKey, hex(k))).toEqual(expected);
    expect(sm2.decrypt(expected, secretKey)).toEqual(plaintext);
  });

  test("gives back any plaintext, one byte long as well", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 150 }), (plaintext) => {
        const ciphertext = sm2.encrypt(plaintext, publicKey);
        expect(ciphertext.length).toBe(97 + plaintext.length);
        expect(sm2.decrypt(ciphertext, secretKey)).toEqual(plaintext);
      }),
      { numRuns: 30 },
    );
  });

  test("passes between this code and sm-crypto both ways", () => {
    for (let length = 1; length < 80; length += 26) {
      const plaintext = crypto.getRandomValues(new Uint8Array(length));
      const theirs = smCrypto.sm2.doEncrypt(Array.from(plaintext), bytesToHex(publicKey), 1);
      expect(sm2.decrypt(hexToBytes(`04${theirs}`), secretKey)).toEqual(plaintext);
      const ours = bytesToHex(sm2.encrypt(plaintext, publicKey)).slice(2);
      const seen = smCrypto.sm2.doDecrypt(ours, bytesToHex(secretKey), 1, { output: "array" });
      expect(Uint8Array.from(seen as unknown as number[])).toEqual(plaintext);
    }
  });

  test("refuses a ciphertext changed in any byte", () => {
    const ciphertext = sm2.encrypt(utf8ToBytes("sealed"), publicKey);
    for (let at = 0; at < ciphertext.length; at += 7) {
      const changed = ciphertext.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(codeOf(() => sm2.decrypt(changed, secretKey))).toBe("crypto/authentication-failed");
    }
  });

  test("refuses short ciphertexts, another key and an empty plaintext", () => {
    const ciphertext = sm2.encrypt(Uint8Array.of(1), publicKey);
    for (const length of [0, 64, 65, 96, 97]) {
      expect(codeOf(() => sm2.decrypt(ciphertext.subarray(0, length), secretKey))).toBe(
        "crypto/authentication-failed",
      );
    }
    expect(codeOf(() => sm2.decrypt(ciphertext, sm2.randomSecretKey()))).toBe(
      "crypto/authentication-failed",
    );
    expect(codeOf(() => sm2.encrypt(new Uint8Array(0), publicKey))).toBe("crypto/bad-length");
    expect(codeOf(() => sm2.encrypt(Uint8Array.of(1), publicKey.subarray(1)))).toBe(
      "crypto/bad-length",
    );
  });
});
