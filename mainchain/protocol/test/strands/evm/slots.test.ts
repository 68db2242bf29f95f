import { bytesToHex, concatBytes, keccak256 } from "@ropenet/crypto";
import { describe, expect, test } from "vitest";
import {
  commitmentSlot,
  counterSlot,
  credentialRemainingSlot,
  credentialUsedSlot,
  lienSlot,
  lienValue,
  receiptSlot,
  useSlot,
  useValue,
} from "../../../src/index.ts";
import { codeOf } from "../../coded.ts";
import { word } from "./trie-fixture.ts";

const a = keccak256(Uint8Array.of(1));
const b = keccak256(Uint8Array.of(2));
const hash = (...words: readonly Uint8Array[]): string =>
  bytesToHex(keccak256(concatBytes(...words)));
const raw = (...words: readonly Uint8Array[]): Uint8Array => keccak256(concatBytes(...words));

describe("EVM slots", () => {
  test("are those of the gateway's storage layout", () => {
    const lane = raw(a, word(0x8001n), word(7n));
    expect(bytesToHex(commitmentSlot(a, 0x8001, 7n))).toBe(hash(lane, word(0n)));
    expect(bytesToHex(receiptSlot(a, 0x8001, 7n))).toBe(hash(lane, word(1n)));
    expect(bytesToHex(counterSlot(a, 3))).toBe(hash(raw(a, word(3n)), word(2n)));
    expect(bytesToHex(lienSlot(a, b))).toBe(hash(raw(a, b), word(3n)));
    const grantee = new Uint8Array(20).fill(0xab);
    const use = raw(a, concatBytes(new Uint8Array(12), grantee), b);
    expect(bytesToHex(useSlot({ credentialId: a, grantee, useId: b }))).toBe(hash(use, word(4n)));
    expect(bytesToHex(credentialUsedSlot(a))).toBe(hash(a, word(5n)));
    expect(bytesToHex(credentialRemainingSlot(a))).toBe(hash(a, word(6n)));
  });

  test("refuse parts that are out of range", () => {
    expect(codeOf(() => commitmentSlot(a, 0x1_0000, 1n))).toBe("codec/out-of-range");
    expect(codeOf(() => commitmentSlot(a, 0, 2n ** 64n))).toBe("codec/out-of-range");
    expect(codeOf(() => receiptSlot(a.slice(1), 0, 1n))).toBe("codec/out-of-range");
    expect(codeOf(() => useSlot({ credentialId: a, grantee: a, useId: b }))).toBe(
      "codec/out-of-range",
    );
  });

  test("hold zero for a free title and a digest for an encumbered one", () => {
    const free = { lienHolder: word(0n), amount: 0n, agreement: word(0n) };
    expect(lienValue(free)).toEqual(word(0n));
    expect(bytesToHex(lienValue({ lienHolder: a, amount: 5n, agreement: b }))).toBe(
      hash(a, word(5n), b),
    );
    expect(lienValue({ ...free, amount: 1n })).not.toEqual(word(0n));
  });

  test("hold the digest of a use", () => {
    const grantee = new Uint8Array(20).fill(0xab);
    const use = { credentialId: a, n: 3n, grantee, purpose: 9, queryDigest: b, atMs: 1_000n };
    const padded = concatBytes(new Uint8Array(12), grantee);
    expect(bytesToHex(useValue(use))).toBe(hash(a, word(3n), padded, word(9n), b, word(1_000n)));
  });
});
