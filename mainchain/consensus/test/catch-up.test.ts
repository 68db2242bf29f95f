import { describe, expect, it } from "vitest";
import { catchUpFor, commitFor, proposalFor, votesFor } from "../src/index.ts";
import {
  addressOf,
  blockId,
  CHAIN_ID,
  follower,
  Machine,
  seen,
  turnOf,
  validatorsOf,
} from "./fixtures.ts";

const X = blockId(88);
const Y = blockId(89);

describe("helping a peer that lags", () => {
  it("gives the votes of one round, prevotes first, in the order of the set", () => {
    const { machine } = follower();
    machine.precommits(0, null, 3, 1);
    machine.prevotes(0, X, 2, 0);
    const votes = votesFor(machine.state, 5n, 0);
    expect(votes.map(({ type, validator }) => [type, (validator[0] ?? 0) - 1])).toEqual([
      [1, 0],
      [1, 2],
      [2, 1],
      [2, 3],
    ]);
    expect(votesFor(machine.state, 5n, 1)).toEqual([]);
    expect(votesFor(machine.state, 9n, 0)).toEqual([]);
  });

  it("gives the commit of the current and of the previous height", () => {
    const { machine, others } = follower();
    expect(commitFor(machine.state, 5n)).toBeNull();
    machine.proposal(0, X);
    machine.validated(X);
    machine.precommits(0, X, ...others);
    const commit = commitFor(machine.state, 5n);
    expect(commit?.blockId).toEqual(X);
    machine.input({
      kind: "startHeight",
      height: 6n,
      chainId: CHAIN_ID,
      validators: validatorsOf([1, 1, 1, 1]),
      self: addressOf(0),
    });
    expect(commitFor(machine.state, 5n)).toEqual(commit);
    expect(proposalFor(machine.state, 5n, 0)?.blockId).toEqual(X);
    expect(catchUpFor(machine.state, { height: 5n, round: 0 })).toMatchObject({ commit });
    expect(catchUpFor(machine.state, { height: 4n, round: 0 }).votes).toEqual([]);
  });

  it("includes the polka of the valid value, however long ago, for a re-proposal to be believed", () => {
    const { machine, others } = follower();
    machine.proposal(0, X);
    machine.validated(X);
    machine.prevotes(0, X, ...others);
    machine.start(9);
    const { votes } = catchUpFor(machine.state, { height: 5n, round: 9 });
    expect(votes.filter(({ type, round }) => type === 1 && round === 0)).toHaveLength(3);
  });

  it("is enough for a peer that heard nothing to decide", () => {
    const { machine, others } = follower();
    machine.proposal(0, X);
    machine.validated(X);
    machine.precommits(0, X, ...others);
    const peer = new Machine([1, 1, 1, 1], turnOf(3));
    const help = catchUpFor(machine.state, { height: 5n, round: -1 });
    const effects = [
      ...help.proposals.flatMap((proposal) => peer.input({ kind: "proposal", proposal })),
      ...help.votes.flatMap((vote) => peer.input({ kind: "vote", vote })),
      ...peer.validated(X),
    ];
    expect(seen(effects)).toContain("decide:88");
  });
});

describe("a polka that an equivocator showed to one node only", () => {
  it("reaches the others by catch-up, so that the lock it caused cannot stall the height", () => {
    // Validator e prevotes X to A and Y to B; A, with e, sees a polka and locks, B does not.
    const [b = 0, a = 0, c = 0, e = 0] = [turnOf(0), turnOf(1), turnOf(2), turnOf(3)];
    const machineA = new Machine([1, 1, 1, 1], a);
    const machineB = new Machine([1, 1, 1, 1], b);
    for (const machine of [machineA, machineB]) {
      machine.start();
      machine.proposal(0, X);
      machine.validated(X);
    }
    machineA.prevotes(0, X, a, c, e);
    machineB.prevotes(0, Y, e);
    machineB.prevotes(0, X, a, c);
    machineB.prevotes(0, null, b);
    expect(machineA.height.locked?.blockId).toEqual(X);
    expect(machineB.height.locked).toBeNull();

    machineA.start(1);
    machineB.start(1);
    machineB.proposal(1, X, 0);
    expect(machineB.height.step).toBe("propose");
    const help = catchUpFor(machineA.state, { height: 5n, round: 1 });
    const effects = help.votes.flatMap((vote) => machineB.input({ kind: "vote", vote }));
    expect(seen(effects)).toContain("prevote:88");
    expect(seen(effects).filter((effect) => effect === "evidence").length).toBeLessThanOrEqual(1);
  });
});
