import type { Effect } from "./effect.ts";
import type { Input } from "./input.ts";
import type { State } from "./state.ts";

export interface StepResult {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export declare function step(state: State, input: Input): StepResult;
