import { bytesToHex, equalBytes, type SignedVote } from "@ropenet/protocol";
import type { HeightContext } from "../height-context.ts";

/** The votes of one type in one round. */
export interface Ballot {
  /** validator index → the first vote seen */
  readonly first: ReadonlyMap<number, SignedVote>;
  /** further votes of equivocators, see `addToBallot` */
  readonly conflicting: readonly SignedVote[];
  /** `bytesToHex(blockId)` → power; a validator counts at most once per value */
  readonly powerByValue: ReadonlyMap<string, bigint>;
  /** power of all who voted, each once */
  readonly power: bigint;
  /** the value (nil included) with a quorum */
  readonly majority: Uint8Array | null;
}

export const EMPTY_BALLOT: Ballot = {
  first: new Map(),
  conflicting: [],
  powerByValue: new Map(),
  power: 0n,
  majority: null,
};

export interface BallotChange {
  readonly ballot: Ballot;
  /** the vote which the new one contradicts */
  readonly contradicts: SignedVote | null;
}

/**
 * One vote of a validator counts towards the round's total. A second, contradicting one also counts for
 * its own value, once that value has an honest supporter (f + 1). Without this an equivocator that shows
 * `v` to half of the network and `w` to the rest makes a polka that the rest never sees, and the
 * lock it caused stalls the height for ever (the paper's Gossip property). It is safe because a quorum
 * intersection argument already assumes that faulty validators vote for everything, and bounded
 * because at most two values can have f + 1 first votes.
 */
export function addToBallot(
  context: HeightContext,
  ballot: Ballot,
  index: number,
  vote: SignedVote,
): BallotChange {
  const power = context.validators[index]?.power ?? 0n;
  const earlier = ballot.first.get(index);
  if (!earlier) {
    const first = new Map(ballot.first).set(index, vote);
    const counted = countValue(context, ballot, vote.blockId, power);
    return { ballot: { ...counted, first, power: ballot.power + power }, contradicts: null };
  }
  if (equalBytes(earlier.blockId, vote.blockId)) return { ballot, contradicts: null };
  const supported =
    (ballot.powerByValue.get(bytesToHex(vote.blockId)) ?? 0n) >= context.oneHonest &&
    !ballot.conflicting.some(
      (other) =>
        equalBytes(other.validator, vote.validator) && equalBytes(other.blockId, vote.blockId),
    );
  if (!supported) return { ballot, contradicts: earlier };
  const conflicting = [...ballot.conflicting, vote];
  const counted = countValue(context, ballot, vote.blockId, power);
  return { ballot: { ...counted, conflicting }, contradicts: earlier };
}

function countValue(
  context: HeightContext,
  ballot: Ballot,
  blockId: Uint8Array,
  power: bigint,
): Ballot {
  const key = bytesToHex(blockId);
  const sum = (ballot.powerByValue.get(key) ?? 0n) + power;
  return {
    ...ballot,
    powerByValue: new Map(ballot.powerByValue).set(key, sum),
    majority: ballot.majority ?? (sum >= context.quorum ? blockId : null),
  };
}

export function powerOf(ballot: Ballot, blockId: Uint8Array): bigint {
  return ballot.powerByValue.get(bytesToHex(blockId)) ?? 0n;
}

/** In the order of the validator set, then equivocators' further votes. */
export function votesOf(ballot: Ballot): readonly SignedVote[] {
  const first = [...ballot.first].sort(([one], [other]) => one - other).map(([, vote]) => vote);
  return [...first, ...ballot.conflicting];
}
