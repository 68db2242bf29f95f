import type { DuplicateVote, SignedVote } from "@ropenet/protocol";
import type { Effect } from "../effect.ts";
import { type HeightContext, validatorIndex } from "../height-context.ts";
import { type Transition, unchanged } from "../rules/transition.ts";
import type { HeightState } from "../state.ts";
import { holdFutureVote } from "../votes/future-votes.ts";
import { accuse, addVote } from "../votes/vote-keeper.ts";

/** A vote for the current height. */
export function receiveVote(height: HeightState, vote: SignedVote): Transition {
  const index = voterIndex(height.context, vote);
  if (index < 0) return unchanged(height);
  if (vote.round > height.round) return receiveFutureVote(height, index, vote);
  const { keeper, evidence } = addVote(height.context, height.votes, index, vote);
  if (keeper === height.votes) return unchanged(height);
  return { state: { ...height, votes: keeper }, effects: reported(evidence) };
}

function receiveFutureVote(height: HeightState, index: number, vote: SignedVote): Transition {
  if (height.step === "decided") return unchanged(height);
  const { future, contradicts } = holdFutureVote(height.future, index, vote);
  if (!contradicts) return unchanged(future === height.future ? height : { ...height, future });
  const { keeper, evidence } = accuse(height.votes, index, contradicts);
  return { state: { ...height, votes: keeper }, effects: reported(evidence) };
}

/** A vote for a height that is over counts for nothing but evidence; no rounds are opened for it. */
export function receiveLateVote(height: HeightState, vote: SignedVote): Transition {
  const index = voterIndex(height.context, vote);
  if (index < 0 || !height.votes.rounds.has(vote.round)) return unchanged(height);
  const { keeper, evidence } = addVote(height.context, height.votes, index, vote);
  return { state: { ...height, votes: keeper }, effects: reported(evidence) };
}

/** −1 for a vote that no validator of this height can have meant. */
function voterIndex({ validators }: HeightContext, vote: SignedVote): number {
  const wellFormed =
    (vote.type === 1 || vote.type === 2) &&
    Number.isSafeInteger(vote.round) &&
    vote.round >= 0 &&
    vote.blockId.length === 32;
  return wellFormed ? validatorIndex(validators, vote.validator) : -1;
}

function reported(evidence: DuplicateVote | null): readonly Effect[] {
  return evidence ? [{ kind: "evidence", evidence }] : [];
}
