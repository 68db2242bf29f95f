import { equalBytes, type SignedProposal, type SignedVote } from "@ropenet/protocol";
import { type HeightContext, validatorIndex } from "../height-context.ts";
import type { Input } from "../input.ts";
import type { NextHeight } from "../state.ts";

export const NOTHING_NEXT: NextHeight = { votes: [], proposals: [] };

/**
 * Held for the height after the current one, per validator of the current set: both votes of two rounds.
 * A node that lags by the time of one decision then joins without asking; one that lags longer needs
 * block sync anyhow, and later votes are sent again by catch-up.
 */
export const MAX_NEXT_HEIGHT_VOTES_PER_VALIDATOR = 4;

export function holdNextVote(
  context: HeightContext,
  next: NextHeight,
  vote: SignedVote,
): NextHeight {
  if (validatorIndex(context.validators, vote.validator) < 0) return next;
  const own = next.votes.filter(({ validator }) => equalBytes(validator, vote.validator));
  const known = own.some(
    (other) =>
      other.type === vote.type &&
      other.round === vote.round &&
      equalBytes(other.blockId, vote.blockId),
  );
  if (known || own.length >= MAX_NEXT_HEIGHT_VOTES_PER_VALIDATOR) return next;
  return { ...next, votes: [...next.votes, vote] };
}

/** One per proposer; whether it was its turn is known only with the next set. */
export function holdNextProposal(
  context: HeightContext,
  next: NextHeight,
  proposal: SignedProposal,
): NextHeight {
  if (validatorIndex(context.validators, proposal.proposer) < 0) return next;
  if (next.proposals.some(({ proposer }) => equalBytes(proposer, proposal.proposer))) return next;
  return { ...next, proposals: [...next.proposals, proposal] };
}

export function heldInputs(next: NextHeight, height: bigint): readonly Input[] {
  const held: readonly Input[] = [
    ...next.proposals.map((proposal): Input => ({ kind: "proposal", proposal })),
    ...next.votes.map((vote): Input => ({ kind: "vote", vote })),
  ];
  return held.filter(
    (input) =>
      (input.kind === "proposal" && input.proposal.height === height) ||
      (input.kind === "vote" && input.vote.height === height),
  );
}
