import type { Effect } from "../effect.ts";
import { requestMissingBlock, validateProposal } from "./blocks.ts";
import { decide, haltOnInvalidCommit } from "./decide.ts";
import { lockPolka, precommitNil, prevoteProposal, schedulePrevoteTimeout } from "./prevote.ts";
import { joinFirstRound, schedulePrecommitTimeout, skipRound } from "./start-round.ts";
import type { Rule, Transition } from "./transition.ts";

/**
 * The paper lets rules fire in any order; replay needs one. Deciding comes first, then catching up, then
 * votes, and timers last, so that a timer is armed only if no vote could be cast.
 */
const RULES: readonly Rule[] = [
  decide,
  haltOnInvalidCommit,
  skipRound,
  joinFirstRound,
  validateProposal,
  requestMissingBlock,
  prevoteProposal,
  lockPolka,
  precommitNil,
  schedulePrevoteTimeout,
  schedulePrecommitTimeout,
];

/** Fires rules until none holds. */
export function settle(start: Transition): Transition {
  let { state } = start;
  const effects: Effect[] = [...start.effects];
  while (state.step !== "decided" && !state.halted) {
    const fired = firstThatHolds(state);
    if (!fired) break;
    state = fired.state;
    effects.push(...fired.effects);
  }
  return { state, effects };
}

function firstThatHolds(state: Transition["state"]): Transition | null {
  for (const rule of RULES) {
    const fired = rule(state);
    if (fired) return fired;
  }
  return null;
}
