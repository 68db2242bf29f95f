import { describe, expect, it } from "vitest";
import { MAX_NEXT_HEIGHT_VOTES_PER_VALIDATOR } from "../../src/driver/next-height.ts";
import {
  ConsensusError,
  createState,
  DEFAULT_OPTIONS,
  type Effect,
  type Input,
  step,
} from "../../src/index.ts";
import { addressOf, blockId, CHAIN_ID, follower, seen, validatorsOf, voteOf } from "../fixtures.ts";

const X = blockId(88);

function startHeight(height: bigint, powers: readonly number[] = [1, 1, 1, 1]): Input {
  return {
    kind: "startHeight",
    height,
    chainId: CHAIN_ID,
    validators: validatorsOf(powers),
    self: addressOf(0),
  };
}

function redelivered(effects: readonly Effect[]): readonly Input[] {
  return effects.flatMap((effect) => (effect.kind === "redeliver" ? effect.inputs : []));
}

describe("messages of the next height", () => {
  it("are handed back when it starts, to be logged after its start", () => {
    const { machine } = follower();
    const vote = voteOf(1, 1, 0, X, 6n);
    const proposal = {
      height: 6n,
      round: 0,
      polRound: -1,
      blockId: X,
      proposer: addressOf(2),
      signature: new Uint8Array(64),
    };
    expect(machine.input({ kind: "vote", vote })).toEqual([]);
    expect(machine.input({ kind: "proposal", proposal })).toEqual([]);
    expect(redelivered(machine.input(startHeight(6n)))).toEqual([
      { kind: "proposal", proposal },
      { kind: "vote", vote },
    ]);
    expect(machine.state.next.votes).toEqual([]);
  });

  it("are bounded per validator, held once each, and refused from strangers", () => {
    const { machine } = follower();
    for (let round = 0; round < 50; round += 1) {
      for (const _ of [1, 2]) machine.input({ kind: "vote", vote: voteOf(1, 1, round, X, 6n) });
      machine.input({ kind: "vote", vote: voteOf(1, 9, round, X, 6n) });
    }
    expect(machine.state.next.votes).toHaveLength(MAX_NEXT_HEIGHT_VOTES_PER_VALIDATOR);
  });

  it("are dropped if sync jumps over that height", () => {
    const { machine } = follower();
    machine.input({ kind: "vote", vote: voteOf(1, 1, 0, X, 6n) });
    expect(machine.input(startHeight(9n))).toEqual([]);
  });

  it("further ahead or long past are dropped", () => {
    const { machine } = follower();
    const before = machine.state;
    for (const height of [7n, 2n ** 60n, 3n, 0n]) {
      machine.input({ kind: "vote", vote: voteOf(1, 1, 0, X, height) });
      machine.input({ kind: "timeout", timeout: { kind: "propose", height, round: 0 } });
    }
    expect(machine.state).toBe(before);
  });
});

describe("a height that is over", () => {
  it("still shows a late double sign", () => {
    const { machine, others } = follower();
    machine.validated(X);
    machine.precommits(0, X, ...others);
    machine.input(startHeight(6n));
    const late = machine.input({ kind: "vote", vote: voteOf(2, others[1] ?? 0, 0, null, 5n) });
    expect(seen(late)).toEqual(["evidence"]);
    expect(machine.height.context.height).toBe(6n);
  });
});

describe("startHeight", () => {
  it("forgets locks and rounds of the height before", () => {
    const { machine, others } = follower();
    machine.proposal(0, X);
    machine.validated(X);
    machine.prevotes(0, X, ...others);
    machine.input(startHeight(6n));
    expect(machine.height).toMatchObject({ round: -1, step: "idle", locked: null, valid: null });
  });

  it("never goes back", () => {
    const { machine } = follower();
    for (const height of [5n, 4n]) {
      expect(() => machine.input(startHeight(height))).toThrow(/consensus\/height-backwards/);
    }
  });

  it("refuses a set that is empty, unsorted, repeated or without power", () => {
    const state = createState(DEFAULT_OPTIONS);
    const [first, second] = validatorsOf([1, 1]);
    if (!first || !second) throw new Error("two validators expected");
    for (const validators of [
      [],
      [second, first],
      [first, first],
      [first, { ...second, power: 0n }],
    ]) {
      const input: Input = {
        kind: "startHeight",
        height: 1n,
        chainId: CHAIN_ID,
        validators,
        self: null,
      };
      expect(() => step(state, input)).toThrow(ConsensusError);
    }
  });

  it("makes an observer of whoever is not in the set", () => {
    const { machine } = follower();
    machine.input({ ...startHeight(6n), self: addressOf(40) } as Input);
    expect(machine.height.context.self).toBeNull();
  });
});

describe("malformed and foreign messages", () => {
  it("change nothing and never throw", () => {
    const { machine } = follower();
    const before = machine.state;
    const vote = voteOf(1, 1, 0, X);
    for (const bad of [
      { ...vote, validator: addressOf(9) },
      { ...vote, validator: new Uint8Array(3) },
      { ...vote, round: -1 },
      { ...vote, round: 0.5 },
      { ...vote, type: 3 as 1 },
      { ...vote, blockId: new Uint8Array(31) },
    ]) {
      expect(machine.input({ kind: "vote", vote: bad })).toEqual([]);
    }
    machine.proposal(0, X, -1, addressOf(40));
    machine.proposal(0, new Uint8Array(32));
    machine.proposal(0, new Uint8Array(5));
    expect(machine.state).toBe(before);
  });

  it("before the first height are dropped", () => {
    const state = createState(DEFAULT_OPTIONS);
    expect(step(state, { kind: "vote", vote: voteOf(1, 1, 0, X) })).toEqual({ state, effects: [] });
  });

  it("a second proposal of a round is ignored, and of rounds to come one per proposer is held", () => {
    const { machine } = follower();
    machine.proposal(0, X);
    machine.proposal(0, blockId(9));
    expect(machine.height.proposals.get(0)?.blockId).toEqual(X);
    for (let round = 1; round <= 40; round += 1) machine.proposal(round, blockId(9));
    expect([...machine.height.proposals.keys()].toSorted((a, b) => a - b)).toEqual([
      0, 37, 38, 39, 40,
    ]);
  });
});
