import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, sm2 } from "../../src/index.ts";
import {
  ciphertextFromDer,
  ciphertextToDer,
  decryptPkcs8,
  encryptPkcs8,
  fromPem,
  publicKeyFromSpki,
  publicKeyToSpki,
  secretKeyFromPkcs8,
  secretKeyToPkcs8,
  signatureFromDer,
  signatureToDer,
  toPem,
} from "../../src/pki/index.ts";
import { codeOf } from "../coded.ts";
import { mutated, PARSERS } from "./parsers.ts";

const secretKey = sm2.randomSecretKey();
const publicKey = sm2.getPublicKey(secretKey);
const quick = { iterations: 10 };

describe("DER of SM2", () => {
  test("gives signatures and ciphertexts back, leading zeros and high bits included", () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const number = fc.oneof(
      bytes,
      fc.constantFrom(new Uint8Array(32), new Uint8Array(32).fill(255)),
    );
    fc.assert(
      fc.property(number, number, fc.uint8Array({ minLength: 1, maxLength: 300 }), (x, y, text) => {
        const signature = concatBytes(x, y);
        expect(signatureFromDer(signatureToDer(signature))).toEqual(signature);
        const ciphertext = concatBytes(Uint8Array.of(4), x, y, new Uint8Array(32), text);
        expect(ciphertextFromDer(ciphertextToDer(ciphertext))).toEqual(ciphertext);
      }),
    );
  });

  test.each([
    ["a spare zero", "3007020200010201 02"],
    ["a negative integer", "3006020180020102"],
    ["an empty integer", "30050200020102"],
    ["a long length", "308106020101020102"],
    ["an indefinite length", "3080020101020102 0000"],
    ["bytes behind", "300602010102010200"],
    ["bytes inside behind", "3009020101020102020103"],
    ["a missing integer", "3003020101"],
    ["33 bytes", `3026022101${"00".repeat(32)}020101`],
    ["nothing", ""],
  ])("refuses a signature with %s", (_, text) => {
    const encoded = Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
    expect(codeOf(() => signatureFromDer(encoded))).toBe("crypto/bad-encoding");
  });
});

describe("key files", () => {
  test("give the key back", () => {
    expect(secretKeyFromPkcs8(secretKeyToPkcs8(secretKey))).toEqual(secretKey);
    expect(publicKeyFromSpki(publicKeyToSpki(publicKey))).toEqual(publicKey);
    const encrypted = encryptPkcs8(secretKey, "pass", quick);
    expect(decryptPkcs8(encrypted, "pass")).toEqual(secretKey);
    const pem = toPem("PRIVATE KEY", secretKeyToPkcs8(secretKey));
    expect(fromPem("PRIVATE KEY", `before\n${pem}after`)).toEqual(secretKeyToPkcs8(secretKey));
  });

  test("refuse a secret key beside another's public key", () => {
    const encoded = secretKeyToPkcs8(secretKey);
    const other = sm2.getPublicKey(sm2.randomSecretKey());
    encoded.set(other, encoded.length - 65);
    expect(codeOf(() => secretKeyFromPkcs8(encoded))).toBe("crypto/bad-encoding");
  });

  test("refuse wrong passwords, other labels and two blocks", () => {
    const encrypted = encryptPkcs8(secretKey, "pass", quick);
    // One padding in 256 looks right by chance; then the contents are no key.
    for (let index = 0; index < 400; index += 1) {
      expect(codeOf(() => decryptPkcs8(encrypted, `wrong ${index}`))).toBe(
        "crypto/authentication-failed",
      );
    }
    const pem = toPem("PUBLIC KEY", publicKeyToSpki(publicKey));
    expect(codeOf(() => fromPem("PRIVATE KEY", pem))).toBe("crypto/bad-encoding");
    expect(codeOf(() => fromPem("PUBLIC KEY", pem + pem))).toBe("crypto/bad-encoding");
    expect(codeOf(() => encryptPkcs8(secretKey, "p", { iterations: 0 }))).toBe("crypto/bad-range");
  });
});

// More: npm run fuzz:parsers -w mainchain/crypto -- --inputs 1000000
test("parsers answer or refuse with a code, whatever the bytes, and what they take they write the same", () => {
  for (let index = 0; index < 20_000; index += 1) {
    const parser = PARSERS[index % PARSERS.length] as (typeof PARSERS)[number];
    parser.check(mutated(parser.sample, index));
  }
});
