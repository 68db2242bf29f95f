import type { Effect } from "../effect.ts";
import { ConsensusError } from "../errors.ts";
import { createHeightContext, type HeightParameters } from "../height-context.ts";
import { NOTHING_FIRED, NOTHING_SAID } from "../rules/start-round.ts";
import type { HeightState, State } from "../state.ts";
import { NO_FUTURE_VOTES } from "../votes/future-votes.ts";
import { EMPTY_KEEPER } from "../votes/vote-keeper.ts";
import { heldInputs, NOTHING_NEXT } from "./next-height.ts";

/**
 * Any height above the current one: block sync may jump.
 * @throws {ConsensusError} `consensus/height-backwards`, `consensus/bad-validator-set`
 */
export function startHeight(
  state: State,
  parameters: HeightParameters,
): { readonly state: State; readonly effects: readonly Effect[] } {
  const { height } = parameters;
  const previous = state.current;
  if (previous && height <= previous.context.height) {
    const current = previous.context.height;
    throw new ConsensusError({ code: "consensus/height-backwards", height, current });
  }
  const current: HeightState = {
    context: createHeightContext(state.options, parameters),
    round: -1,
    step: "idle",
    locked: null,
    valid: null,
    fired: NOTHING_FIRED,
    own: NOTHING_SAID,
    proposals: new Map(),
    blocks: new Map(),
    votes: EMPTY_KEEPER,
    future: NO_FUTURE_VOTES,
    halted: false,
    decision: null,
  };
  const inputs = heldInputs(state.next, height);
  return {
    state: { ...state, current, previous, next: NOTHING_NEXT },
    effects: inputs.length > 0 ? [{ kind: "redeliver", inputs }] : [],
  };
}
