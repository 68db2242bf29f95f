import { decode, stateKey, unbondingPoolRecordCodec } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { alice, bob, type TestValidator, validators } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { plan, type RopeBench } from "../../kit/rope-bench.ts";
import {
  application,
  candidate,
  delegate,
  powerOf,
  progressOf,
  recordOf,
  rotate,
  STAKING,
  settle,
  stakingRope,
  toBoundary,
  undelegate,
} from "../../kit/staking-bench.ts";

const [v0, v1, v2, v3] = validators as readonly [
  TestValidator,
  TestValidator,
  TestValidator,
  TestValidator,
];
const claim = (validator: TestValidator, cut: bigint, from = alice) =>
  plan(from, "staking/claim-unbonded", { validator: validator.consensus.address, cut });
const nobodyElse = { ...v0, consensus: candidate("nobody").consensus };

function pools(rope: RopeBench): readonly bigint[] {
  return rope
    .records("staking/unbonding-pool/")
    .map(([, value]) => decode(unbondingPoolRecordCodec, value).tokens);
}

function passBlocks(rope: RopeBench, many: bigint): void {
  for (let left = many; left > 0n; left -= 1n) rope.do();
}

describe("delegation", () => {
  it("moves coins at once and power with the next epoch", () => {
    const rope = stakingRope();
    const before = rope.account(alice).balance;
    const { transactions } = rope.do(delegate(alice, v3, 60n));
    expect(before - rope.account(alice).balance).toBe(60n + (transactions[0]?.feePaid ?? 0n));
    expect(recordOf(rope, v3)).toMatchObject({ tokens: 260n, shares: 260n });
    expect(powerOf(rope, v3)).toBe(200n);
    rotate(rope, validators);
    expect(powerOf(rope, v3)).toBe(260n);
  });

  it("is refused to nobody, of nothing, of more than there is", () => {
    const rope = stakingRope();
    expectRefused(rope, "staking/unknown-validator", delegate(alice, nobodyElse, 1n));
    expectRefused(rope, "staking/zero-amount", delegate(alice, v0, 0n));
    const { balance } = rope.account(alice);
    expectRefused(rope, "accounts/insufficient", delegate(alice, v0, balance + 1n));
    expectRefused(rope, "staking/insufficient", undelegate(alice, v0, 1n));
    rope.do(delegate(alice, v0, 5n));
    expectRefused(rope, "staking/insufficient", undelegate(alice, v0, 6n));
    expectRefused(rope, "staking/zero-amount", undelegate(alice, v0, 0n));
    expectRefused(rope, "staking/nothing-unbonding", claim(v0, 1n));
  });
});

describe("unbonding", () => {
  /** 60 of alice's, out of a set that has changed for it. */
  function leaving(): { readonly rope: RopeBench; readonly cut: bigint } {
    const rope = stakingRope();
    rope.do(delegate(alice, v3, 60n));
    rotate(rope, validators);
    const cut = progressOf(rope).nextCut;
    rope.do(undelegate(alice, v3, 60n));
    return { rope, cut };
  }

  it("begins when the power leaves the set, not before", () => {
    const { rope, cut } = leaving();
    passBlocks(rope, STAKING.epochBlocks);
    rope.at(rope.timeMs + 10n * STAKING.unbondingMs);
    passBlocks(rope, STAKING.unbondingBlocks);
    expect(progressOf(rope).announced).toBe(true);
    expectRefused(rope, "staking/still-bonded", claim(v3, cut));
    rotate(rope, validators);
    expectRefused(rope, "staking/still-unbonding", claim(v3, cut));
  });

  it("ends when blocks and time have both passed", () => {
    const { rope, cut } = leaving();
    rotate(rope, validators);
    const byBlocks = rope.fork();
    const byTime = rope.fork();
    for (let left = STAKING.unbondingBlocks; left > 0n; left -= 1n)
      byBlocks.at(byBlocks.timeMs + 1n);
    expectRefused(byBlocks, "staking/still-unbonding", claim(v3, cut));
    byTime.at(byTime.timeMs + STAKING.unbondingMs);
    expectRefused(byTime, "staking/still-unbonding", claim(v3, cut));
    passBlocks(byTime, STAKING.unbondingBlocks);
    const before = byTime.account(alice).balance;
    const { transactions } = byTime.do(claim(v3, cut));
    expect(byTime.account(alice).balance - before).toBe(60n - (transactions[0]?.feePaid ?? 0n));
    expect(pools(byTime)).toEqual([]);
    expectRefused(byTime, "staking/nothing-unbonding", claim(v3, cut));
  });

  it("of a set that does not change for it begins at the computation", () => {
    const rope = stakingRope();
    const cut = progressOf(rope).nextCut;
    rope.do(delegate(alice, v0, 60n), undelegate(alice, v0, 60n));
    toBoundary(rope);
    expect(progressOf(rope)).toMatchObject({ announced: false, nextCut: cut + 1n, waiting: false });
    expect(rope.value(stateKey.cut(cut))).toBeDefined();
    expectRefused(rope, "staking/still-unbonding", claim(v0, cut));
  });

  it("after an announcement belongs to the set after it", () => {
    const rope = stakingRope();
    rope.do(delegate(alice, v3, 60n));
    toBoundary(rope);
    const { nextCut } = progressOf(rope);
    rope.do(undelegate(alice, v3, 60n));
    rotate(rope, validators);
    expect(powerOf(rope, v3)).toBe(260n);
    expectRefused(rope, "staking/still-bonded", claim(v3, nextCut));
    rotate(rope, validators);
    expectRefused(rope, "staking/still-unbonding", claim(v3, nextCut));
  });

  it("of several delegators keeps them apart", () => {
    const rope = stakingRope();
    rope.do(delegate(alice, v3, 60n), delegate(bob, v3, 40n));
    const { nextCut } = progressOf(rope);
    rope.do(undelegate(alice, v3, 10n), undelegate(bob, v3, 40n), undelegate(alice, v3, 50n));
    expect(pools(rope)).toEqual([100n]);
    toBoundary(rope);
    rope.at(rope.timeMs + STAKING.unbondingMs);
    passBlocks(rope, STAKING.unbondingBlocks);
    const paid = (who: typeof alice): bigint => {
      const before = rope.account(who).balance;
      const { transactions } = rope.do(claim(v3, nextCut, who));
      return rope.account(who).balance - before + (transactions[0]?.feePaid ?? 0n);
    };
    expect([paid(alice), paid(bob)]).toEqual([60n, 40n]);
    expect(pools(rope)).toEqual([]);
  });
});

it("no more than a third of the power leaves at once: the rest stays, and its stake with it", () => {
  const others = ["a", "b", "c", "d"].map((name) => candidate(name, 250n));
  const rope = stakingRope({}, others);
  for (const [index, one] of others.entries()) rope.do(application(one, `entity ${index}`));
  const all = [...validators, ...others];
  settle(rope, all);
  const cut = progressOf(rope).nextCut;
  // 300 + 270 + 230 of 2000: the strongest two fit into 666, the third does not.
  rope.do(
    undelegate(v0.consensus, v0, 300n),
    undelegate(v1.consensus, v1, 270n),
    undelegate(v2.consensus, v2, 230n),
  );
  rotate(rope, all);
  expect([v0, v1].map((one) => powerOf(rope, one))).toEqual([undefined, undefined]);
  expect(powerOf(rope, v2)).toBe(230n);
  expect(recordOf(rope, v2)).toMatchObject({ tokens: 0n, retainedCut: cut });
  expectRefused(rope, "staking/still-unbonding", claim(v0, cut, v0.consensus));
  expectRefused(rope, "staking/still-bonded", claim(v2, cut, v2.consensus));
  rotate(rope, all);
  expect(powerOf(rope, v2)).toBeUndefined();
  expectRefused(rope, "staking/still-unbonding", claim(v2, cut, v2.consensus));
  expect(powerOf(rope, v3)).toBe(200n);
});
