import { VOTE_TYPE } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import {
  holdFutureVote,
  MAX_FUTURE_ROUNDS_PER_VALIDATOR,
  NO_FUTURE_VOTES,
  releaseVotes,
  roundWithOneHonest,
} from "../../src/votes/future-votes.ts";
import { blockId, contextOf, voteOf } from "../fixtures.ts";

const context = contextOf([1, 1, 1, 1]);
const prevote = (index: number, round: number, block = 1) =>
  voteOf(VOTE_TYPE.prevote, index, round, blockId(block));

describe("votes of rounds to come", () => {
  it("are held for a validator's two highest rounds, however many it names", () => {
    let future = NO_FUTURE_VOTES;
    for (const round of [5, 900, 7, 3, 12, 901, 899]) {
      future = holdFutureVote(future, 0, prevote(0, round)).future;
    }
    const rounds = (future.get(0) ?? []).map((vote) => vote.round);
    expect(rounds.toSorted()).toEqual([900, 901]);
    expect(rounds).toHaveLength(MAX_FUTURE_ROUNDS_PER_VALIDATOR);
  });

  it("need more than a third of the power in one and the same round to move the node", () => {
    let future = holdFutureVote(NO_FUTURE_VOTES, 0, prevote(0, 8)).future;
    future = holdFutureVote(future, 1, prevote(1, 9)).future;
    future = holdFutureVote(future, 0, voteOf(VOTE_TYPE.precommit, 0, 8, null)).future;
    expect(roundWithOneHonest(context, future)).toBe(-1);
    future = holdFutureVote(future, 2, prevote(2, 8)).future;
    expect(roundWithOneHonest(context, future)).toBe(8);
  });

  it("show equivocation before their round begins", () => {
    const { future } = holdFutureVote(NO_FUTURE_VOTES, 0, prevote(0, 8, 9));
    const { contradicts } = holdFutureVote(future, 0, prevote(0, 8, 4));
    expect(contradicts?.first.blockId).toEqual(blockId(4));
    expect(contradicts?.second.blockId).toEqual(blockId(9));
    expect(holdFutureVote(future, 0, prevote(0, 8, 9))).toEqual({ future, contradicts: null });
  });

  it("are released up to the round that begins", () => {
    let future = holdFutureVote(NO_FUTURE_VOTES, 0, prevote(0, 3)).future;
    future = holdFutureVote(future, 0, prevote(0, 6)).future;
    future = holdFutureVote(future, 2, prevote(2, 5)).future;
    const { future: rest, released } = releaseVotes(future, 5);
    expect(released.map(({ index, vote }) => [index, vote.round])).toEqual([
      [0, 3],
      [2, 5],
    ]);
    expect([...rest.keys()]).toEqual([0]);
  });
});
