import { equalBytes } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { alice, bob, nobody, RICH, relayer, validators } from "../kit/genesis.ts";
import { type Plan, plan, RopeBench } from "../kit/rope-bench.ts";
import { signCheckpoint } from "../kit/signing.ts";

const LIMITS = { maxBytes: 1_000_000, maxTransactions: 100 };
const FEE_LIMIT = 2_000n;

const give = (from: typeof alice, to: typeof alice, amount: bigint, feeLimit = FEE_LIMIT): Plan =>
  plan(from, "accounts/transfer", { to: to.address, amount }, { feeLimit });

/** What the proposer takes of `plans`, as their places; and the block of it must be valid. */
function chosen(rope: RopeBench, plans: readonly Plan[], limits = LIMITS): readonly number[] {
  const candidates = rope.sign(plans);
  const taken = rope.runtime.application.buildBlock(candidates, limits);
  rope.fork().commit(rope.build(taken));
  return taken.map((bytes) => candidates.findIndex((candidate) => equalBytes(candidate, bytes)));
}

describe("buildBlock", () => {
  it("takes what fits, in the order of the candidates", () => {
    const rope = RopeBench.create();
    const plans = [give(alice, bob, 1n), give(bob, alice, 1n), give(alice, bob, 2n)];
    expect(chosen(rope, plans)).toEqual([0, 1, 2]);
    expect(chosen(rope, plans, { ...LIMITS, maxTransactions: 2 })).toEqual([0, 1]);
    expect(chosen(rope, plans, { ...LIMITS, maxTransactions: 0 })).toEqual([]);
  });

  it("passes over what is too large, and takes the smaller ones behind it", () => {
    const rope = RopeBench.create();
    const large = plan(relayer, "asset/register", {
      ...{ originGateway: new Uint8Array(32), assetClass: 1, nativeId: new Uint8Array(32) },
      ...{ decimals: 0, name: "x".repeat(60), symbol: "X", classification: 1 },
      attributesHash: new Uint8Array(32),
    });
    const plans = [give(alice, bob, 1n), large, give(alice, bob, 2n)];
    const [small] = rope.sign(plans);
    const maxBytes = 2 * (small?.length ?? 0);
    expect(chosen(rope, plans, { ...LIMITS, maxBytes })).toEqual([0, 2]);
  });

  it("leaves out what follows a gap in the nonces of its sender", () => {
    const rope = RopeBench.create();
    const gap = plan(alice, "accounts/transfer", { to: bob.address, amount: 1n }, { nonce: 2n });
    expect(chosen(rope, [give(alice, bob, 1n), gap, give(bob, alice, 1n)])).toEqual([0, 2]);
  });

  it("takes as many transactions as the sender can pay, at their limits", () => {
    const rope = RopeBench.create();
    rope.do(give(alice, nobody, 3n * FEE_LIMIT - 1n));
    const plans = Array.from({ length: 4 }, () => give(nobody, bob, 1n, FEE_LIMIT));
    expect(chosen(rope, plans)).toEqual([0, 1, 2]);
  });

  it("counts what a transaction gives away: nobody makes a proposer's block invalid", () => {
    const rope = RopeBench.create();
    const drain = give(alice, bob, RICH - FEE_LIMIT);
    expect(chosen(rope, [drain, give(alice, bob, 1n)])).toEqual([0]);
    const half = give(alice, bob, RICH / 2n);
    expect(chosen(rope, [half, half, half])).toEqual([0, 1]);
  });

  it("takes a validator's checkpoint signature without a fee", () => {
    const rope = RopeBench.create();
    rope.at(rope.timeMs + 60_000n);
    const { height } = rope;
    rope.do();
    const [validator] = validators;
    if (!validator) throw new Error("unreachable");
    const { checkpoint } = rope.runtime.queries.checkpoint(1, height);
    expect(rope.account(validator.consensus).balance).toBe(0n);
    expect(chosen(rope, [signCheckpoint(validator, checkpoint)])).toEqual([0]);
  });
});
