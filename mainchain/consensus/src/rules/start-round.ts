import { type Proposal, VOTE_TYPE } from "@ropenet/protocol";
import type { Effect } from "../effect.ts";
import { isSelf, proposerAt } from "../height-context.ts";
import type { FiredRules, HeightState, OwnMessages } from "../state.ts";
import { type TimeoutKind, timeoutMs } from "../timeouts.ts";
import { releaseVotes, roundWithOneHonest } from "../votes/future-votes.ts";
import { addVote, ballotOf } from "../votes/vote-keeper.ts";
import type { Rule, Transition } from "./transition.ts";

export const NOTHING_FIRED: FiredRules = {
  prevoteTimeout: false,
  polka: false,
  precommitTimeout: false,
};

export const NOTHING_SAID: OwnMessages = { proposal: null, prevote: null, precommit: null };

/** L11–L21 */
export function startRound(height: HeightState, round: number): Transition {
  const { context } = height;
  const { future, released } = releaseVotes(height.future, round);
  let votes = height.votes;
  for (const { index, vote } of released) votes = addVote(context, votes, index, vote).keeper;
  const proposer = proposerAt(context, round);
  const state: HeightState = {
    ...height,
    round,
    step: "propose",
    fired: NOTHING_FIRED,
    own: NOTHING_SAID,
    votes,
    future,
  };
  const begun: readonly Effect[] = [
    { kind: "newRound", height: context.height, round, proposer },
    // L21 arms it for the others only; here also for the proposer, whose build may fail.
    scheduleTimeout(state, "propose"),
  ];
  if (!isSelf(context, proposer)) return { state, effects: begun };
  if (!height.valid) {
    return { state, effects: [...begun, { kind: "buildValue", height: context.height, round }] };
  }
  // L16: what once had a polka is proposed again, with that round as its proof.
  const proposed = propose(state, height.valid.blockId, height.valid.round);
  return { state: proposed.state, effects: [...begun, ...proposed.effects] };
}

/** L19 */
export function propose(height: HeightState, blockId: Uint8Array, polRound: number): Transition {
  const proposal: Proposal = {
    height: height.context.height,
    round: height.round,
    polRound,
    blockId,
    proposer: proposerAt(height.context, height.round),
  };
  return {
    state: { ...height, own: { ...height.own, proposal } },
    effects: [{ kind: "signAndBroadcastProposal", proposal }],
  };
}

export function scheduleTimeout({ context, round }: HeightState, kind: TimeoutKind): Effect {
  return {
    kind: "scheduleTimeout",
    timeout: { kind, height: context.height, round },
    durationMs: timeoutMs(context.options, kind, round),
  };
}

/** L55: more than a third is in a later round, so an honest validator is. Also wakes an idle node. */
export const skipRound: Rule = (height) => {
  if (height.future.size === 0) return null;
  const round = roundWithOneHonest(height.context, height.future);
  return round > height.round ? startRound(height, round) : null;
};

/** The first proposer saw work that this node has not seen yet. */
export const joinFirstRound: Rule = (height) =>
  height.step === "idle" && height.proposals.has(0) ? startRound(height, 0) : null;

/** L47 */
export const schedulePrecommitTimeout: Rule = (height) => {
  if (height.fired.precommitTimeout) return null;
  const { power } = ballotOf(height.votes, height.round, VOTE_TYPE.precommit);
  if (power < height.context.quorum) return null;
  return {
    state: { ...height, fired: { ...height.fired, precommitTimeout: true } },
    effects: [scheduleTimeout(height, "precommit")],
  };
};
