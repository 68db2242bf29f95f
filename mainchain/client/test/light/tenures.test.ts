import { type Header, sm3, utf8ToBytes, type ValidatorSet } from "@ropenet/protocol";
import { expect, it } from "vitest";
import { Tenures } from "../../src/light/tenures.ts";

const setOf = (name: string): ValidatorSet => {
  const bytes = sm3(utf8ToBytes(name));
  return [
    {
      address: bytes.slice(0, 20),
      publicKey: new Uint8Array(65),
      power: 1n,
      entity: bytes,
    },
  ];
};
const endingAt = (height: bigint): Header => ({ height }) as unknown as Header;

it("keeps the newest sets, side by side in their heights, and no more than it may", () => {
  const tenures = new Tenures(setOf("0"), 1n, 3);
  for (const epoch of [1n, 2n, 3n, 4n]) {
    tenures.succeed(setOf(String(epoch)), endingAt(10n * epoch), 100n * epoch);
  }
  expect(tenures.size).toBe(3);
  expect([tenures.oldest.first, tenures.oldest.last]).toEqual([21n, 30n]);
  expect([tenures.newest.first, tenures.newest.last]).toEqual([41n, undefined]);
  expect(tenures.at(20n)).toBeUndefined();
  expect(tenures.at(40n)?.last).toBe(40n);
});

it("knows a set that was there twice for both of its times, and for none between", () => {
  const tenures = new Tenures(setOf("a"), 1n, 8);
  tenures.succeed(setOf("b"), endingAt(10n), 10n);
  tenures.succeed(setOf("a"), endingAt(20n), 20n);
  const names = [10n, 11n, 20n, 21n].map((height) => tenures.at(height)?.hash);
  const [a, b] = names;
  expect(names).toEqual([a, b, b, a]);
  expect(a).not.toBe(b);
});

it("renews only the set that has no successor", () => {
  const tenures = new Tenures(setOf("a"), 1n, 8);
  tenures.succeed(setOf("b"), endingAt(10n), 10n);
  tenures.renew(50n);
  tenures.renew(40n);
  expect([tenures.oldest.knownMs, tenures.newest.knownMs]).toEqual([10n, 50n]);
});
