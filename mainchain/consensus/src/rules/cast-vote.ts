import { NIL_BLOCK_ID, VOTE_TYPE, type Vote } from "@ropenet/protocol";
import type { HeightState } from "../state.ts";
import type { Transition } from "./transition.ts";

/** Ends the propose step. `blockId` null = nil. */
export function castPrevote(height: HeightState, blockId: Uint8Array | null): Transition {
  const vote = ownVote(height, VOTE_TYPE.prevote, blockId);
  return {
    state: { ...height, step: "prevote", own: { ...height.own, prevote: vote } },
    effects: vote ? [{ kind: "signAndBroadcastVote", vote }] : [],
  };
}

/** Ends the prevote step. `blockId` null = nil. */
export function castPrecommit(height: HeightState, blockId: Uint8Array | null): Transition {
  const vote = ownVote(height, VOTE_TYPE.precommit, blockId);
  return {
    state: { ...height, step: "precommit", own: { ...height.own, precommit: vote } },
    effects: vote ? [{ kind: "signAndBroadcastVote", vote }] : [],
  };
}

/** Null for an observer: it follows the same steps in silence. */
function ownVote(
  { context, round }: HeightState,
  type: Vote["type"],
  blockId: Uint8Array | null,
): Vote | null {
  if (context.self === null) return null;
  return {
    type,
    height: context.height,
    round,
    blockId: blockId ?? NIL_BLOCK_ID,
    validator: context.self,
  };
}
