import {
  compareBytes,
  type DuplicateVote,
  type SignedVote,
  VOTE_TYPE,
  type VoteType,
} from "@ropenet/protocol";
import type { HeightContext } from "../height-context.ts";
import { addToBallot, type Ballot, EMPTY_BALLOT, powerOf } from "./ballot.ts";

export interface RoundVotes {
  readonly prevotes: Ballot;
  readonly precommits: Ballot;
}

export interface VoteKeeper {
  readonly rounds: ReadonlyMap<number, RoundVotes>;
  /** indexes of validators already reported: one proof per height suffices to slash, and bounds the reports */
  readonly accused: ReadonlySet<number>;
}

export const EMPTY_KEEPER: VoteKeeper = { rounds: new Map(), accused: new Set() };

const EMPTY_ROUND: RoundVotes = { prevotes: EMPTY_BALLOT, precommits: EMPTY_BALLOT };

export interface KeeperChange {
  readonly keeper: VoteKeeper;
  readonly evidence: DuplicateVote | null;
}

/** `vote` is of validator `index` and of the height of `context`; its signature was checked before. */
export function addVote(
  context: HeightContext,
  keeper: VoteKeeper,
  index: number,
  vote: SignedVote,
): KeeperChange {
  const round = keeper.rounds.get(vote.round) ?? EMPTY_ROUND;
  const side = vote.type === VOTE_TYPE.prevote ? "prevotes" : "precommits";
  const { ballot, contradicts } = addToBallot(context, round[side], index, vote);
  const counted =
    ballot === round[side]
      ? keeper
      : {
          ...keeper,
          rounds: new Map(keeper.rounds).set(vote.round, { ...round, [side]: ballot }),
        };
  return contradicts
    ? accuse(counted, index, duplicate(contradicts, vote))
    : { keeper: counted, evidence: null };
}

/** Reports `evidence` against validator `index`, unless it was reported before. */
export function accuse(keeper: VoteKeeper, index: number, evidence: DuplicateVote): KeeperChange {
  if (keeper.accused.has(index)) return { keeper, evidence: null };
  return { keeper: { ...keeper, accused: new Set(keeper.accused).add(index) }, evidence };
}

/** Ordered by block id, so that every node that saw both votes reports the same bytes (signatures aside). */
export function duplicate(one: SignedVote, other: SignedVote): DuplicateVote {
  return compareBytes(one.blockId, other.blockId) < 0
    ? { first: one, second: other }
    : { first: other, second: one };
}

export function ballotOf(keeper: VoteKeeper, round: number, type: VoteType): Ballot {
  const votes = keeper.rounds.get(round) ?? EMPTY_ROUND;
  return type === VOTE_TYPE.prevote ? votes.prevotes : votes.precommits;
}

/** 2f + 1 prevotes for exactly this value in this round. */
export function hasPolka(
  context: HeightContext,
  keeper: VoteKeeper,
  round: number,
  blockId: Uint8Array,
): boolean {
  return powerOf(ballotOf(keeper, round, VOTE_TYPE.prevote), blockId) >= context.quorum;
}
