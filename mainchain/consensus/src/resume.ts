import type { Effect } from "./effect.ts";
import type { State } from "./state.ts";

/**
 * What a restarted node still has to do. After replaying the WAL, drop the effects that the replayed
 * steps returned and carry out these instead.
 */
export declare function resume(state: State): readonly Effect[];
