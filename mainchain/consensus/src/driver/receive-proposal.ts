import { equalBytes, isNil, type SignedProposal } from "@ropenet/protocol";
import { type HeightContext, proposerAt } from "../height-context.ts";
import { type Transition, unchanged } from "../rules/transition.ts";
import type { HeightState } from "../state.ts";

/**
 * A proposal for the current height. The first of a round stands: a proposer that sends two can delay its own
 * round, and whatever nevertheless gets two thirds is fetched by block id.
 */
export function receiveProposal(height: HeightState, proposal: SignedProposal): Transition {
  if (height.step === "decided" || height.proposals.has(proposal.round)) return unchanged(height);
  if (!isAuthorised(height.context, proposal)) return unchanged(height);
  if (proposal.round <= height.round) {
    const proposals = new Map(height.proposals).set(proposal.round, proposal);
    return unchanged({ ...height, proposals });
  }
  return holdFutureProposal(height, proposal);
}

function isAuthorised(context: HeightContext, proposal: SignedProposal): boolean {
  const { round, polRound, blockId, proposer } = proposal;
  return (
    Number.isSafeInteger(round) &&
    round >= 0 &&
    Number.isSafeInteger(polRound) &&
    polRound >= -1 &&
    polRound < round &&
    blockId.length === 32 &&
    !isNil(blockId) &&
    equalBytes(proposer, proposerAt(context, round))
  );
}

/** Per proposer the highest round only: bounded by the set, and an honest one is in its highest round. */
function holdFutureProposal(height: HeightState, proposal: SignedProposal): Transition {
  const proposals = new Map(height.proposals);
  for (const [round, other] of height.proposals) {
    if (round <= height.round || !equalBytes(other.proposer, proposal.proposer)) continue;
    if (round > proposal.round) return unchanged(height);
    proposals.delete(round);
  }
  proposals.set(proposal.round, proposal);
  return unchanged({ ...height, proposals });
}
