import { describe, expect, test } from "vitest";
import { concatBytes, createSm2Verifier, type Sm2VerifyItem, sm2 } from "../../src/index.ts";
import { identityDigest } from "../../src/sm2/identity.ts";
import { codeOf } from "../coded.ts";
import { opensslVerify } from "../openssl-sm2.ts";

function signed(length: number): Sm2VerifyItem & { readonly secretKey: Uint8Array } {
  const secretKey = sm2.randomSecretKey();
  const message = crypto.getRandomValues(new Uint8Array(length));
  return {
    secretKey,
    message,
    publicKey: sm2.getPublicKey(secretKey),
    signature: sm2.sign(message, secretKey),
  };
}

const broken = (item: Sm2VerifyItem): Sm2VerifyItem => ({
  ...item,
  message: concatBytes(item.message, Uint8Array.of(0)),
});

describe("createSm2Verifier", () => {
  test("answers the same before, while and after a key gets its table", () => {
    const verifier = createSm2Verifier();
    const item = signed(40);
    for (let use = 0; use < 8; use += 1) {
      expect(verifier.verify(item.signature, item.message, item.publicKey)).toBe(true);
      const bad = broken(item);
      expect(verifier.verify(bad.signature, bad.message, bad.publicKey)).toBe(false);
    }
  });

  test("keeps its answers when keys displace each other, and when memory grows", () => {
    const verifier = createSm2Verifier({ maxKeyTables: 3 });
    const roomy = createSm2Verifier({ maxKeyTables: 100 });
    const items = Array.from({ length: 24 }, () => signed(33));
    const order = items.flatMap((item, index) => [item, broken(item), items[(index * 7) % 5]]);
    const batch = [...order, ...order, ...order.toReversed(), ...order].filter(
      (item) => item !== undefined,
    );
    const expected = batch.map((item) =>
      opensslVerify(
        item.signature,
        concatBytes(identityDigest(item.publicKey), item.message),
        item.publicKey,
      ),
    );
    expect(verifier.verifyMany(batch)).toEqual(expected);
    expect(roomy.verifyMany(batch)).toEqual(expected);
    expect(sm2.verifyMany(batch)).toEqual(expected);
  });

  test("prepares keys, and ignores what is no key", () => {
    const verifier = createSm2Verifier({ maxKeyTables: 4 });
    const items = Array.from({ length: 6 }, () => signed(10));
    const notAKey = new Uint8Array(65).fill(4);
    verifier.prepare([notAKey, ...items.map((item) => item.publicKey), notAKey]);
    expect(verifier.verifyMany(items)).toEqual(items.map(() => true));
    const [first] = items as [(typeof items)[number]];
    for (let use = 0; use < 5; use += 1) {
      expect(verifier.verify(first.signature, first.message, notAKey)).toBe(false);
    }
    expect(codeOf(() => verifier.prepare([new Uint8Array(64)]))).toBe("crypto/bad-length");
  });

  test("a key that shares the cached bits of another is still itself", () => {
    const item = signed(5);
    const twin = item.publicKey.slice();
    twin[40] = (twin[40] ?? 0) ^ 1;
    const verifier = createSm2Verifier();
    for (let use = 0; use < 6; use += 1) {
      expect(verifier.verify(item.signature, item.message, item.publicKey)).toBe(true);
      expect(verifier.verify(item.signature, item.message, twin)).toBe(false);
    }
    const negated = item.publicKey.slice();
    const p = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn;
    const y = BigInt(`0x${Buffer.from(item.publicKey.subarray(33)).toString("hex")}`);
    negated.set(Buffer.from((p - y).toString(16).padStart(64, "0"), "hex"), 33);
    expect(sm2.isValidPublicKey(negated)).toBe(true);
    for (let use = 0; use < 6; use += 1) {
      expect(verifier.verify(item.signature, item.message, negated)).toBe(false);
      expect(verifier.verify(item.signature, item.message, item.publicKey)).toBe(true);
    }
  });

  test("keeps its own copy of a key, of a Buffer as well, whose slice is no copy", () => {
    const item = signed(8);
    const buffer = Buffer.from(item.publicKey);
    const verifier = createSm2Verifier();
    for (let use = 0; use < 4; use += 1) {
      expect(verifier.verify(item.signature, item.message, buffer)).toBe(true);
    }
    // The memory now holds the opposite key, as a reused network buffer could: the same x, so the same room.
    const p = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn;
    const y = BigInt(`0x${buffer.toString("hex", 33)}`);
    buffer.write((p - y).toString(16).padStart(64, "0"), 33, "hex");
    for (let use = 0; use < 4; use += 1) {
      expect(verifier.verify(item.signature, item.message, buffer)).toBe(false);
      expect(verifier.verify(item.signature, item.message, item.publicKey)).toBe(true);
    }
  });

  test("takes messages of any length, and user ids of the caller", () => {
    const verifier = createSm2Verifier();
    for (const length of [0, 1, 65_503, 65_504, 65_505, 65_536, 70_000]) {
      const item = sm2.randomSecretKey();
      const message = new Uint8Array(length).fill(9);
      const signature = sm2.sign(message, item);
      const key = sm2.getPublicKey(item);
      expect(verifier.verify(signature, message, key)).toBe(true);
      expect(verifier.verify(signature, message, key, { userId: "x" })).toBe(false);
      const other = sm2.sign(message, item, { userId: "x" });
      expect(verifier.verify(other, message, key, { userId: "x" })).toBe(true);
      expect(verifier.verify(other, message, key)).toBe(false);
    }
  });

  test("refuses a size that is none", () => {
    for (const maxKeyTables of [0, -1, 1.5, Number.NaN, 65_537]) {
      expect(codeOf(() => createSm2Verifier({ maxKeyTables }))).toBe("crypto/bad-range");
    }
  });
});
