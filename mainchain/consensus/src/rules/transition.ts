import type { Effect } from "../effect.ts";
import type { HeightState } from "../state.ts";

export interface Transition {
  readonly state: HeightState;
  readonly effects: readonly Effect[];
}

/** An upon rule: null while its condition does not hold. Each firing makes its own condition false. */
export type Rule = (height: HeightState) => Transition | null;

export function unchanged(state: HeightState): Transition {
  return { state, effects: [] };
}
