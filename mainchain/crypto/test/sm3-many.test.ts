import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sm3, sm3Many, sm3Nodes } from "../src/index.ts";
import { codeOf } from "./coded.ts";

const opensslSm3 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sm3").update(bytes).digest());

function filled(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 17 + (index >> 8)) & 0xff);
}

describe("sm3Nodes", () => {
  test("hashes every 64 bytes, across calls to the kernel too", () => {
    for (const count of [0, 1, 2, 3, 4, 5, 7, 1023, 1024, 1025, 2050]) {
      const nodes = filled(64 * count, count);
      const digests = sm3Nodes(nodes);
      expect(digests.length).toBe(32 * count);
      for (let index = 0; index < count; index += 1) {
        const expected = opensslSm3(nodes.subarray(64 * index, 64 * index + 64));
        expect(digests.subarray(32 * index, 32 * index + 32)).toEqual(expected);
      }
    }
  });

  test("writes where it is told, over its own input as well", () => {
    const nodes = filled(64 * 3000, 1);
    const expected = sm3Nodes(nodes);
    const out = new Uint8Array(32 * 3000 + 5);
    expect(sm3Nodes(nodes, out)).toBe(out);
    expect(out.subarray(0, 32 * 3000)).toEqual(expected);
    expect(out.subarray(32 * 3000)).toEqual(new Uint8Array(5));
    sm3Nodes(nodes, nodes);
    expect(nodes.subarray(0, 32 * 3000)).toEqual(expected);
  });

  test("refuses other lengths", () => {
    expect(codeOf(() => sm3Nodes(new Uint8Array(63)))).toBe("crypto/bad-length");
    expect(codeOf(() => sm3Nodes(new Uint8Array(128), new Uint8Array(63)))).toBe(
      "crypto/bad-length",
    );
  });
});

describe("sm3Many", () => {
  test("gives each input's digest in its place, whatever the lengths", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 40 }), (inputs) => {
        expect(sm3Many(inputs)).toEqual(inputs.map(opensslSm3));
      }),
    );
  });

  test("mixes inputs that fit a lane with longer ones", () => {
    const lengths = [16_000, 16_001, 15_999, 16_000, 70_000, 16_000, 0, 16_000, 55, 56, 64, 16_001];
    const inputs = lengths.map(filled);
    expect(sm3Many(inputs)).toEqual(inputs.map(opensslSm3));
  });

  test("refuses what is not bytes", () => {
    expect(codeOf(() => sm3Many(["a" as unknown as Uint8Array]))).toBe("crypto/bad-type");
  });
});

test("sm3 agrees with OpenSSL at the border of the kernel's buffer", () => {
  for (const length of [65_407, 65_535, 65_536, 65_537, 200_001]) {
    const input = filled(length, 3);
    expect(sm3(input)).toEqual(opensslSm3(input));
    expect(sm3.create().update(input).digest()).toEqual(opensslSm3(input));
  }
});
