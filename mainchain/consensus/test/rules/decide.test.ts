import { describe, expect, it } from "vitest";
import type { Effect } from "../../src/index.ts";
import { blockId, follower, Machine, seen } from "../fixtures.ts";

const X = blockId(88);

function decisionIn(effects: readonly Effect[]): Extract<Effect, { kind: "decide" }> | undefined {
  return effects.find((effect) => effect.kind === "decide");
}

describe("deciding (L49)", () => {
  it("takes more than two thirds of precommits for a valid block, and gives the commit", () => {
    const { machine, others } = follower();
    machine.proposal(0, X);
    machine.validated(X);
    const decision = decisionIn(machine.precommits(0, X, ...others));
    expect(decision).toMatchObject({ height: 5n, round: 0, blockId: X });
    expect(decision?.commit.signatures).toHaveLength(3);
    expect(machine.height.step).toBe("decided");
  });

  it("is not done at exactly two thirds", () => {
    const machine = new Machine([1, 1, 1], null);
    machine.start();
    machine.proposal(0, X);
    machine.validated(X);
    expect(decisionIn(machine.precommits(0, X, 0, 1))).toBeUndefined();
    expect(decisionIn(machine.precommits(0, X, 2))).toBeDefined();
  });

  it("works for an earlier round than the current one", () => {
    const { machine, others } = follower();
    machine.proposal(0, X);
    machine.validated(X);
    machine.start(6);
    expect(decisionIn(machine.precommits(0, X, ...others))).toMatchObject({ round: 0 });
  });

  it("works for a later round, by skipping to it", () => {
    const { machine, others } = follower();
    machine.validated(X);
    expect(decisionIn(machine.precommits(9, X, ...others))).toMatchObject({ round: 9 });
  });

  it("waits for a block that is not here: asks once, decides when it is valid", () => {
    const { machine, self, others } = follower();
    expect(seen(machine.precommits(0, X, ...others))).toEqual([
      "requestBlock:88",
      "timeout:precommit",
    ]);
    expect(machine.precommits(0, X, self)).toEqual([]);
    machine.start(1);
    const decision = decisionIn(machine.validated(X));
    expect(decision).toMatchObject({ round: 0, blockId: X });
    expect(decision?.commit.signatures).toHaveLength(4);
  });

  it("never happens for nil", () => {
    const { machine, others } = follower();
    expect(seen(machine.precommits(0, null, ...others))).toEqual(["timeout:precommit"]);
  });

  it("stops the node if the committed block is invalid here", () => {
    const { machine, others } = follower();
    machine.proposal(0, X);
    machine.validated(X, false);
    expect(seen(machine.precommits(0, X, ...others))).toEqual(["halt:88"]);
    expect(machine.timeout("propose", 0)).toEqual([]);
    expect(machine.start(3)).toEqual([]);
  });

  it("ends the height: nothing but evidence follows", () => {
    const { machine, self, others } = follower();
    machine.validated(X);
    machine.precommits(0, X, ...others);
    expect(machine.timeout("propose", 0)).toEqual([]);
    expect(machine.start(1)).toEqual([]);
    expect(machine.proposal(1, blockId(9))).toEqual([]);
    expect(machine.precommits(0, X, self)).toEqual([]);
    expect(seen(machine.precommits(0, null, others[0] ?? 0))).toEqual(["evidence"]);
  });
});
