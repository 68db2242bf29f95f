import { describe, expect, it } from "vitest";
import { blockId, follower, Machine, seen, turnOf } from "../fixtures.ts";

const X = blockId(88);

describe("starting a round (L11–L21)", () => {
  it("the proposer builds a value, proposes it, and prevotes once its own proposal comes back", () => {
    const machine = new Machine([1, 1, 1, 1], turnOf(0));
    expect(seen(machine.start())).toEqual(["newRound:0", "timeout:propose", "buildValue"]);
    const built = machine.input({ kind: "valueBuilt", height: 5n, round: 0, blockId: X });
    expect(seen(built)).toEqual(["propose:88@-1"]);
    expect(seen(machine.proposal(0, X))).toEqual(["prevote:88"]);
  });

  it("the others wait for the proposal", () => {
    const { machine } = follower();
    expect(machine.height.step).toBe("propose");
    expect(seen(machine.start(1))).toEqual(["newRound:1", "timeout:propose"]);
  });

  it("drops a value built too late, and a second one", () => {
    const machine = new Machine([1, 1, 1, 1], turnOf(0));
    machine.start();
    machine.timeout("propose", 0);
    expect(machine.input({ kind: "valueBuilt", height: 5n, round: 0, blockId: X })).toEqual([]);
    const other = new Machine([1, 1, 1, 1], turnOf(0));
    other.start();
    other.input({ kind: "valueBuilt", height: 5n, round: 0, blockId: X });
    expect(other.input({ kind: "valueBuilt", height: 5n, round: 0, blockId: blockId(9) })).toEqual(
      [],
    );
  });

  it("the proposer proposes again what once had a polka, with its round (L16)", () => {
    const self = turnOf(1);
    const machine = new Machine([1, 1, 1, 1], self);
    machine.start();
    machine.proposal(0, X);
    machine.validated(X);
    machine.prevotes(0, X, 0, 1, 2, 3);
    expect(machine.height.valid).toEqual({ round: 0, blockId: X });
    machine.precommits(0, null, ...[0, 1, 2, 3].filter((index) => index !== self));
    expect(seen(machine.timeout("precommit", 0))).toEqual([
      "newRound:1",
      "timeout:propose",
      "propose:88@0",
    ]);
  });

  it("an idle node begins when the first proposer is seen at work, or a third of the power", () => {
    const self = turnOf(2);
    const byProposal = new Machine([1, 1, 1, 1], self);
    expect(seen(byProposal.proposal(0, X))).toEqual([
      "newRound:0",
      "timeout:propose",
      "validateBlock:88",
    ]);
    const byVotes = new Machine([1, 1, 1, 1], self);
    expect(byVotes.prevotes(0, null, turnOf(0))).toEqual([]);
    expect(seen(byVotes.prevotes(0, null, turnOf(1)))).toEqual(["newRound:0", "timeout:propose"]);
  });
});

describe("skipping rounds (L55)", () => {
  it("jumps once more than a third of the power is in a later round, counting each validator once", () => {
    const { machine, others } = follower();
    const [first = 0, second = 0] = others;
    expect(machine.prevotes(7, null, first)).toEqual([]);
    expect(machine.precommits(7, null, first)).toEqual([]);
    expect(seen(machine.prevotes(7, X, second))).toContain("newRound:7");
    expect(machine.height.round).toBe(7);
  });

  it("counts the votes that caused the jump in the new round", () => {
    const { machine, others } = follower();
    machine.prevotes(3, X, ...others);
    const effects = machine.timeout("propose", 3);
    expect(seen(effects)).toEqual(["prevote:nil", "timeout:prevote"]);
  });

  it("never goes back", () => {
    const { machine, others } = follower();
    machine.start(4);
    machine.prevotes(2, null, ...others);
    machine.start(1);
    expect(machine.height.round).toBe(4);
  });
});

describe("precommits without a decision (L47, L65)", () => {
  it("arm the precommit timeout once, whatever they are for, and it starts the next round", () => {
    const { machine, others } = follower();
    const [a = 0, b = 0, c = 0] = others;
    machine.precommits(0, null, a);
    machine.precommits(0, X, b);
    expect(seen(machine.precommits(0, blockId(9), c))).toEqual(["timeout:precommit"]);
    expect(machine.height.step).toBe("propose");
    expect(seen(machine.timeout("precommit", 0))).toContain("newRound:1");
    expect(machine.timeout("precommit", 0)).toEqual([]);
  });
});
