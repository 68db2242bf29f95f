import { type DuplicateVote, equalBytes, type SignedVote } from "@ropenet/protocol";
import type { HeightContext } from "../height-context.ts";
import { duplicate } from "./vote-keeper.ts";

/** validator index → its votes for rounds above the current one */
export type FutureVotes = ReadonlyMap<number, readonly SignedVote[]>;

export const NO_FUTURE_VOTES: FutureVotes = new Map();

/**
 * Rounds ahead of ours for which votes of one validator are held. There is no cap on how far ahead, or a
 * node that returns to a height in its 500th round could never join; the newest rounds win, since an
 * honest validator's current round is its highest. Two, because its votes of the round before may still
 * be the ones that complete f + 1. Memory: 2 rounds × 2 types × 256 validators × ~200 bytes ≈ 200 KB.
 */
export const MAX_FUTURE_ROUNDS_PER_VALIDATOR = 2;

export interface FutureChange {
  readonly future: FutureVotes;
  readonly contradicts: DuplicateVote | null;
}

export function holdFutureVote(future: FutureVotes, index: number, vote: SignedVote): FutureChange {
  const held = future.get(index) ?? [];
  const same = held.find(({ round, type }) => round === vote.round && type === vote.type);
  if (same) {
    const contradicts = equalBytes(same.blockId, vote.blockId) ? null : duplicate(same, vote);
    return { future, contradicts };
  }
  const rounds = [...new Set([...held, vote].map(({ round }) => round))].sort((a, b) => b - a);
  const kept = new Set(rounds.slice(0, MAX_FUTURE_ROUNDS_PER_VALIDATOR));
  if (!kept.has(vote.round)) return { future, contradicts: null };
  const votes = [...held, vote].filter(({ round }) => kept.has(round));
  return { future: new Map(future).set(index, votes), contradicts: null };
}

/** The highest round in which more than a third of the power was heard, or −1. */
export function roundWithOneHonest(context: HeightContext, future: FutureVotes): number {
  const power = new Map<number, bigint>();
  for (const [index, votes] of future) {
    for (const round of new Set(votes.map((vote) => vote.round))) {
      power.set(round, (power.get(round) ?? 0n) + (context.validators[index]?.power ?? 0n));
    }
  }
  let highest = -1;
  for (const [round, sum] of power) {
    if (sum >= context.oneHonest && round > highest) highest = round;
  }
  return highest;
}

export interface ReleasedVotes {
  readonly future: FutureVotes;
  readonly released: readonly { readonly index: number; readonly vote: SignedVote }[];
}

/** Takes out the votes of rounds up to `round`. */
export function releaseVotes(future: FutureVotes, round: number): ReleasedVotes {
  const rest = new Map<number, readonly SignedVote[]>();
  const released: { index: number; vote: SignedVote }[] = [];
  for (const [index, votes] of future) {
    const later = votes.filter((vote) => vote.round > round);
    if (later.length > 0) rest.set(index, later);
    for (const vote of votes) if (vote.round <= round) released.push({ index, vote });
  }
  return { future: rest, released };
}
