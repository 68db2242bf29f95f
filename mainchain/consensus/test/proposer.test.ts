import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRotation, proposerOf } from "../src/index.ts";
import { validatorsOf } from "./fixtures.ts";

const powersArbitrary = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 });

function countTurns(powers: readonly number[], from: bigint, slots: number): readonly number[] {
  const rotation = createRotation(validatorsOf(powers));
  const turns = powers.map(() => 0);
  for (let slot = 0; slot < slots; slot += 1) {
    const index = (proposerOf(rotation, from + BigInt(slot), 0)[0] ?? 0) - 1;
    turns[index] = (turns[index] ?? 0) + 1;
  }
  return turns;
}

describe("proposerOf", () => {
  it("gives each validator exactly its stake in turns over any `totalPower` heights in a row", () => {
    fc.assert(
      fc.property(powersArbitrary, fc.bigInt({ min: 0n, max: 2n ** 40n }), (powers, from) => {
        const total = powers.reduce((sum, power) => sum + power, 0);
        expect(countTurns(powers, from, total)).toEqual(powers);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps every prefix within 1.7 turns of the stake's share", () => {
    fc.assert(
      fc.property(powersArbitrary, fc.integer({ min: 1, max: 400 }), (powers, slots) => {
        const total = powers.reduce((sum, power) => sum + power, 0);
        countTurns(powers, 0n, slots).forEach((turns, index) => {
          const share = ((powers[index] ?? 0) * slots) / total;
          expect(Math.abs(turns - share)).toBeLessThan(1.7);
        });
      }),
      { numRuns: 60 },
    );
  });

  it("passes the turn on from round to round as from height to height", () => {
    const rotation = createRotation(validatorsOf([5, 1, 9, 3]));
    expect(proposerOf(rotation, 100n, 7)).toEqual(proposerOf(rotation, 107n, 0));
  });

  it("lets every one of equal validators propose before any proposes twice", () => {
    for (const size of [1, 2, 4, 8]) {
      expect(countTurns(Array(size).fill(3), 64n, size)).toEqual(Array(size).fill(1));
    }
  });

  it("is exact at the full width of stakes and heights", () => {
    const large = 2n ** 64n - 1n;
    const rotation = createRotation(validatorsOf([large, large, large - 1n]));
    const slots = [0n, 1n, 2n].map((slot) => proposerOf(rotation, large + slot, 2 ** 32 - 1)[0]);
    expect(new Set(slots)).toEqual(new Set([1, 2, 3]));
  });
});
