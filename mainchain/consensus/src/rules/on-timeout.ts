import type { HeightState } from "../state.ts";
import type { Timeout } from "../timeouts.ts";
import { castPrecommit, castPrevote } from "./cast-vote.ts";
import { startRound } from "./start-round.ts";
import { type Transition, unchanged } from "./transition.ts";

/** L57–L67. A timeout of an earlier round or step changes nothing. */
export function onTimeout(height: HeightState, timeout: Timeout): Transition {
  if (timeout.round !== height.round || height.step === "idle") return unchanged(height);
  switch (timeout.kind) {
    case "propose": // L57
      return height.step === "propose" ? castPrevote(height, null) : unchanged(height);
    case "prevote": // L61
      return height.step === "prevote" ? castPrecommit(height, null) : unchanged(height);
    case "precommit": // L65
      return startRound(height, height.round + 1);
  }
}
