import { equalBytes, isNil, type Proposal, VOTE_TYPE } from "@ropenet/protocol";
import type { HeightState } from "../state.ts";
import { ballotOf, hasPolka } from "../votes/vote-keeper.ts";
import { blockOf } from "./blocks.ts";
import { castPrecommit, castPrevote } from "./cast-vote.ts";
import { scheduleTimeout } from "./start-round.ts";
import type { Rule } from "./transition.ts";

/** L22 (fresh value) and L28 (value with a polka of an earlier round) */
export const prevoteProposal: Rule = (height) => {
  if (height.step !== "propose") return null;
  const proposal = height.proposals.get(height.round);
  if (!proposal) return null;
  const { polRound, blockId } = proposal;
  // L28: until that polka is here the proposal says nothing; the propose timeout ends the wait.
  if (polRound >= 0 && !hasPolka(height.context, height.votes, polRound, blockId)) return null;
  const validity = blockOf(height, blockId)?.validity ?? "unknown";
  if (validity === "unknown") return null;
  const accepted = validity === "valid" && lockAllows(height, proposal);
  return castPrevote(height, accepted ? blockId : null);
};

/** L23 and L29: a later polka is the only thing that outweighs a lock. */
function lockAllows({ locked }: HeightState, { polRound, blockId }: Proposal): boolean {
  return locked === null || locked.round <= polRound || equalBytes(locked.blockId, blockId);
}

/** L34 */
export const schedulePrevoteTimeout: Rule = (height) => {
  if (height.step !== "prevote" || height.fired.prevoteTimeout) return null;
  const { power } = ballotOf(height.votes, height.round, VOTE_TYPE.prevote);
  if (power < height.context.quorum) return null;
  return {
    state: { ...height, fired: { ...height.fired, prevoteTimeout: true } },
    effects: [scheduleTimeout(height, "prevote")],
  };
};

/**
 * L36–L43. The paper also asks for the proposal of this round, as the carrier of the value; here the block
 * may have come another way. Safety needs only the polka, and a lost proposal then costs no round.
 */
export const lockPolka: Rule = (height) => {
  if (height.fired.polka || (height.step !== "prevote" && height.step !== "precommit")) return null;
  const blockId = ballotOf(height.votes, height.round, VOTE_TYPE.prevote).majority;
  if (!blockId || isNil(blockId) || blockOf(height, blockId)?.validity !== "valid") return null;
  const value = { round: height.round, blockId };
  const seen: HeightState = {
    ...height,
    valid: value,
    fired: { ...height.fired, polka: true },
  };
  if (height.step === "precommit") return { state: seen, effects: [] };
  return castPrecommit({ ...seen, locked: value }, blockId);
};

/** L44 */
export const precommitNil: Rule = (height) => {
  if (height.step !== "prevote") return null;
  const { majority } = ballotOf(height.votes, height.round, VOTE_TYPE.prevote);
  return majority && isNil(majority) ? castPrecommit(height, null) : null;
};
