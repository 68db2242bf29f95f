import { expect, test } from "vitest";
import { bytesToHex } from "../../src/index.ts";
import { createKernel } from "../../src/kernel/kernel.ts";
import { N, P } from "../../src/sm2/curve.ts";
import { KernelUnderTest, MOST_TOGETHER } from "../kernel-sm2.ts";
import { multiplyBase, nobleVerifyDigest } from "../noble-sm2.ts";
import { fuzzCase, SeededBytes } from "./fuzz-cases.ts";

const TEETH = 14;
const COLUMNS = 19;

test("the walks of the kernel, alone and four at a time, agree with the bigint reference on crafted cases", () => {
  // More cases: node scripts/fuzz-kernel.ts --cases 100000 --seed any
  const random = new SeededBytes("kernel.test");
  const kernel = new KernelUnderTest();
  const seen = new Map<string, number>();
  for (let round = 0; round < 60; round += 1) {
    // Every number of items, so that lanes stay empty in every way.
    const batch = Array.from({ length: 1 + (round % MOST_TOGETHER) }, () => fuzzCase(random));
    const together = kernel.verifyTogether(batch);
    for (const [index, each] of batch.entries()) {
      const expected = nobleVerifyDigest(each.signature, each.digest, each.publicKey);
      const alone = kernel.verifyDigest(each.signature, each.digest, each.publicKey);
      const key = `${each.kind} ${expected}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
      const what = `round ${round}, ${index}, ${each.kind}, key ${bytesToHex(each.publicKey)}`;
      const right = { fresh: expected, prepared: expected };
      expect([alone, together[index]], what).toEqual([right, right]);
    }
  }
  for (const kind of ["scalars true", "infinity false", "x above n true", "aimed true"]) {
    expect(seen.get(kind), kind).toBeGreaterThan(20);
  }
}, 60_000);

test("every entry of the table of G is the signed sum that its index says", () => {
  const { exports, bytes } = createKernel();
  const table = exports.baseTableAddress();
  const view = new DataView(bytes().buffer);
  const inverseOfR = power(1n << 261n, P - 2n);
  const element = (at: number): bigint => {
    let value = 0n;
    for (let limb = 8; limb >= 0; limb -= 1) {
      value = (value << 29n) + BigInt(view.getInt32(at + 4 * limb, true));
    }
    return (((value * inverseOfR) % P) + P) % P;
  };
  const bases = Array.from({ length: TEETH }, (_, k) => multiplyBase(1n << BigInt(COLUMNS * k)));
  const doubled = bases.map((base) => base.double());
  let opening = bases[TEETH - 1] as (typeof bases)[number];
  for (const base of bases.slice(0, -1)) opening = opening.subtract(base);
  const expected = [opening];
  for (let tooth = 0; tooth < TEETH - 1; tooth += 1) {
    const step = doubled[tooth] as (typeof bases)[number];
    for (const entry of expected.slice()) expected.push(entry.add(step));
  }
  expect(expected.length).toBe(8192);
  for (let index = 0; index < 8192; index += index < 256 ? 1 : 61) {
    const { x, y } = (expected[index] as (typeof bases)[number]).toAffine();
    expect([element(table + 72 * index), element(table + 72 * index + 36)]).toEqual([x, y]);
  }
});

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let e = exponent, square = base % P; e > 0n; e >>= 1n, square = (square * square) % P) {
    if (e & 1n) result = (result * square) % P;
  }
  return result;
}

// Whether two multiples of P meet does not depend on P, whose order is the prime n: so what holds for these
// multipliers holds for the table of every key.
test.each([
  ["G", 0, 1],
  ["a key, lower comb", 0, 2],
  ["a key, upper comb", 1, 2],
])("building the table of %s never adds equal or opposite points", (_, first, stride) => {
  const bases: bigint[] = [];
  for (let k = first; k < TEETH; k += stride) bases.push(1n << BigInt(COLUMNS * k));
  const mod = (value: bigint): bigint => ((value % N) + N) % N;
  const meet = (left: bigint, right: bigint): boolean =>
    mod(left - right) === 0n || mod(left + right) === 0n;
  let opening = bases.at(-1) as bigint;
  for (const base of bases.slice(0, -1)) {
    expect(meet(opening, base)).toBe(false);
    opening -= base;
  }
  const entries = [opening];
  for (const base of bases.slice(0, -1)) {
    const added = entries.map((entry) => {
      if (meet(entry, 2n * base)) throw new Error(`entries meet at ${base}`);
      return entry + 2n * base;
    });
    entries.push(...added);
  }
  expect(entries.length).toBe(2 ** (bases.length - 1));
});
