import type { Vote } from "@ropenet/protocol";
import type { Effect } from "./effect.ts";
import { isSelf, proposerAt, validatorIndex } from "./height-context.ts";
import { scheduleTimeout } from "./rules/start-round.ts";
import type { HeightState, State } from "./state.ts";
import { ballotOf } from "./votes/vote-keeper.ts";

/**
 * What a restarted node still has to do. After replaying the WAL from the last `startHeight`, drop the effects
 * that the replayed steps returned and carry out these instead: decide again, sign what never came
 * back as an input (the signer answers a repeated request with the same signature), validate, build,
 * and arm the timers of the current step anew.
 */
export function resume(state: State): readonly Effect[] {
  const height = state.current;
  if (!height || height.halted || height.step === "idle") return [];
  if (height.decision) {
    return [{ kind: "decide", height: height.context.height, ...height.decision }];
  }
  return [
    ...currentTimeouts(height),
    ...unfinishedProposal(height),
    ...unfinishedBlocks(height),
    ...unfinishedVotes(height),
  ];
}

function currentTimeouts(height: HeightState): readonly Effect[] {
  const effects: Effect[] = [];
  if (height.step === "propose") effects.push(scheduleTimeout(height, "propose"));
  if (height.step === "prevote" && height.fired.prevoteTimeout) {
    effects.push(scheduleTimeout(height, "prevote"));
  }
  if (height.fired.precommitTimeout) effects.push(scheduleTimeout(height, "precommit"));
  return effects;
}

function unfinishedProposal({
  context,
  round,
  step,
  own,
  proposals,
}: HeightState): readonly Effect[] {
  if (own.proposal) {
    const { proposal } = own;
    return proposals.has(round) ? [] : [{ kind: "signAndBroadcastProposal", proposal }];
  }
  const awaited = step === "propose" && isSelf(context, proposerAt(context, round));
  return awaited ? [{ kind: "buildValue", height: context.height, round }] : [];
}

function unfinishedBlocks({ context, round, blocks }: HeightState): readonly Effect[] {
  const { height } = context;
  return [...blocks.values()]
    .filter(({ validity }) => validity === "unknown")
    .map(
      ({ blockId, requested }): Effect =>
        requested
          ? { kind: "requestBlock", height, blockId }
          : { kind: "validateBlock", height, round, blockId },
    );
}

function unfinishedVotes(height: HeightState): readonly Effect[] {
  const { context, own, round, votes } = height;
  const unheard = (vote: Vote | null): vote is Vote =>
    vote !== null &&
    !ballotOf(votes, round, vote.type).first.has(
      validatorIndex(context.validators, vote.validator),
    );
  return [own.prevote, own.precommit]
    .filter(unheard)
    .sort((one, other) => one.type - other.type)
    .map((vote): Effect => ({ kind: "signAndBroadcastVote", vote }));
}
