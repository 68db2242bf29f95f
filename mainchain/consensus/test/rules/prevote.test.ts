import { describe, expect, it } from "vitest";
import { blockId, follower, Machine, seen } from "../fixtures.ts";

const X = blockId(88);
const Y = blockId(89);

/** Locked on X in round 0, now in round `round`. */
function lockedOnX(round: number): { machine: Machine; self: number; others: readonly number[] } {
  const fixture = follower();
  const { machine, others } = fixture;
  machine.proposal(0, X);
  machine.validated(X);
  machine.prevotes(0, X, ...others);
  machine.start(round);
  return fixture;
}

describe("prevoting a fresh proposal (L22)", () => {
  it("asks for validation, then prevotes a valid block", () => {
    const { machine } = follower();
    expect(seen(machine.proposal(0, X))).toEqual(["validateBlock:88"]);
    expect(seen(machine.validated(X))).toEqual(["prevote:88"]);
  });

  it("prevotes nil against an invalid block, and believes the first verdict", () => {
    const { machine } = follower();
    machine.proposal(0, X);
    expect(seen(machine.validated(X, false))).toEqual(["prevote:nil"]);
    machine.validated(X, true);
    expect([...machine.height.blocks.values()][0]?.validity).toBe("invalid");
  });

  it("prevotes nil against another block than the locked one", () => {
    const { machine } = lockedOnX(1);
    machine.proposal(1, Y);
    expect(seen(machine.validated(Y))).toEqual(["prevote:nil"]);
  });

  it("prevotes the locked block when it is proposed without its polka", () => {
    const { machine } = lockedOnX(1);
    expect(seen(machine.proposal(1, X))).toEqual(["prevote:88"]);
  });

  it("does not ask twice to validate one block", () => {
    const { machine } = follower();
    machine.proposal(0, X);
    machine.start(1);
    expect(machine.proposal(1, X)).toEqual([]);
  });
});

describe("prevoting a proposal with a polka (L28)", () => {
  it("waits for that polka", () => {
    const { machine, others } = follower();
    machine.start(1);
    machine.proposal(1, Y, 0);
    expect(machine.validated(Y)).toEqual([]);
    const [a = 0, b = 0, c = 0] = others;
    expect(machine.prevotes(0, Y, a, b)).toEqual([]);
    expect(seen(machine.prevotes(0, Y, c))).toEqual(["prevote:89"]);
  });

  it("unlocks for a polka of a later round than the lock", () => {
    const { machine, others } = lockedOnX(1);
    machine.prevotes(1, Y, ...others);
    machine.start(3);
    machine.proposal(3, Y, 1);
    expect(seen(machine.validated(Y))).toEqual(["prevote:89"]);
    expect(machine.height.locked).toEqual({ round: 0, blockId: X });
  });

  it("does not unlock for a polka of an earlier round than the lock", () => {
    const { machine, others } = follower();
    machine.prevotes(0, Y, ...others);
    machine.start(1);
    machine.proposal(1, X);
    machine.validated(X);
    machine.prevotes(1, X, ...others);
    expect(machine.height.locked).toEqual({ round: 1, blockId: X });
    machine.start(3);
    machine.proposal(3, Y, 0);
    expect(seen(machine.validated(Y))).toEqual(["prevote:nil"]);
  });

  it("refuses a polka round that is not before the proposal's own", () => {
    const { machine } = follower();
    machine.start(3);
    machine.proposal(3, X, 3);
    machine.proposal(3, X, -2);
    expect(machine.height.proposals.size).toBe(0);
  });
});

describe("the propose timeout (L57)", () => {
  it("prevotes nil, once, in its own round only", () => {
    const { machine } = follower();
    expect(machine.timeout("propose", 1)).toEqual([]);
    expect(seen(machine.timeout("propose", 0))).toEqual(["prevote:nil"]);
    expect(machine.timeout("propose", 0)).toEqual([]);
    machine.proposal(0, X);
    expect(machine.validated(X)).toEqual([]);
  });
});

describe("an observer", () => {
  it("follows in silence", () => {
    const machine = new Machine([1, 1, 1, 1], null);
    machine.start();
    machine.proposal(0, X);
    expect(machine.validated(X)).toEqual([]);
    expect(machine.prevotes(0, X, 0, 1, 2)).toEqual([]);
    expect(seen(machine.precommits(0, X, 0, 1, 2))).toEqual(["decide:88"]);
  });
});
