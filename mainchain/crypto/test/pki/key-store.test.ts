import { describe, expect, test } from "vitest";
import { CryptoError, sm2 } from "../../src/index.ts";
import { openKeyStore, sealKeyStore } from "../../src/pki/index.ts";
import { codeOf } from "../coded.ts";

const secretKey = sm2.randomSecretKey();
const PASSWORD = "pass 绳";
const text = sealKeyStore(secretKey, PASSWORD, { cost: 10 });
const file = JSON.parse(text);
const written = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const open = (changed: string): string | undefined => codeOf(() => openKeyStore(changed, PASSWORD));

describe("the key store", () => {
  test("gives the key to its password and to no other", () => {
    expect(openKeyStore(text, PASSWORD)).toEqual(secretKey);
    for (const wrong of ["pass", "", "pass 绳 ", "Pass 绳", "\u0000pass 绳", "x".repeat(1000)]) {
      expect(codeOf(() => openKeyStore(text, wrong))).toBe("crypto/authentication-failed");
    }
    expect(text).not.toContain(Buffer.from(secretKey).toString("hex"));
    expect(file.publicKey).toBe(Buffer.from(sm2.getPublicKey(secretKey)).toString("hex"));
  });

  test("takes a password however the keyboard spelled it", () => {
    const composed = sealKeyStore(secretKey, "caf\u00e9", { cost: 10 });
    expect(openKeyStore(composed, "cafe\u0301")).toEqual(secretKey);
  });

  test("seals afresh each time", () => {
    const again = JSON.parse(sealKeyStore(secretKey, PASSWORD, { cost: 10 }));
    expect(again.kdf.salt).not.toBe(file.kdf.salt);
    expect(again.cipher.nonce).not.toBe(file.cipher.nonce);
  });

  test("does not open with any byte damaged, dropped or doubled", () => {
    const refused = new Set(["crypto/authentication-failed", "crypto/bad-encoding"]);
    for (let at = 0; at < text.length; at += 1) {
      const [before, after] = [text.slice(0, at), text.slice(at + 1)];
      const code = text.charCodeAt(at);
      const damaged = [1, 2, 0x20].map((bit) => before + String.fromCharCode(code ^ bit) + after);
      for (const changed of [...damaged, before + after, before + text[at] + text[at] + after]) {
        if (changed === text) throw new Error("not damaged");
        expect(refused, changed).toContain(open(changed));
      }
    }
  }, 120_000);

  test("covers everything that stands in clear by its tag", () => {
    const flip = (value: string): string => (value[0] === "0" ? "1" : "0") + value.slice(1);
    const changes = [
      { ...file, publicKey: flip(file.publicKey) },
      { ...file, kdf: { ...file.kdf, cost: 11 } },
      { ...file, kdf: { ...file.kdf, salt: flip(file.kdf.salt) } },
      { ...file, cipher: { ...file.cipher, nonce: flip(file.cipher.nonce) } },
      { ...file, cipher: { ...file.cipher, sealed: flip(file.cipher.sealed) } },
    ];
    for (const change of changes)
      expect(open(written(change))).toBe("crypto/authentication-failed");
  });

  test("refuses what is no key store to the byte: fields of others, order, spacing, ranges", () => {
    const malformed = [
      "",
      "null",
      "{}",
      "[1]",
      JSON.stringify(file),
      text.trimEnd(),
      ` ${text}`,
      text.replaceAll("\n", "\r\n"),
      written({ ...file, comment: "mine" }),
      written({ ...file, kdf: { ...file.kdf, r: 1 } }),
      written({ ...file, cipher: { ...file.cipher, note: null } }),
      text.replace('"version": 1,', '"version": 1,\n  "version": 1,'),
      written({ publicKey: file.publicKey, ...file }),
      written({ ...file, kdf: { ...file.kdf, name: "pbkdf2" } }),
      written({ ...file, kdf: { ...file.kdf, cost: 31 } }),
      written({ ...file, kdf: { ...file.kdf, cost: 9 } }),
      written({ ...file, kdf: { ...file.kdf, cost: "10" } }),
      written({ ...file, kdf: { ...file.kdf, salt: "00" } }),
      written({ ...file, cipher: { ...file.cipher, name: "aes" } }),
      written({ ...file, cipher: { ...file.cipher, nonce: file.cipher.nonce.toUpperCase() } }),
    ].filter((each) => each !== text);
    for (const each of malformed) expect(open(each), each).toBe("crypto/bad-encoding");
    expect(codeOf(() => sealKeyStore(secretKey, "p", { cost: 21 }))).toBe("crypto/bad-range");
    expect(codeOf(() => sealKeyStore(secretKey.subarray(1), "p"))).toBe("crypto/bad-length");
  });

  test.each([2, 0, "1", null, undefined])(
    "says that it is the version it does not know: %s",
    (version) => {
      try {
        openKeyStore(written({ ...file, version }), PASSWORD);
        expect.unreachable();
      } catch (error) {
        const info = { code: "crypto/bad-encoding", operand: "keyStore.version" };
        expect(error).toBeInstanceOf(CryptoError);
        expect((error as CryptoError).info).toEqual(info);
      }
    },
  );
});
