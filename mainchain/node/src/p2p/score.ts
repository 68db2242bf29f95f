import { type Clock, SYSTEM_CLOCK } from "../clock.ts";

/** A peer that reaches it is dropped and kept out for a while. */
export const MAX_SCORE = 100;

/** What a peer did wrong, fading by one point a second. */
export interface Score {
  /** Returns the new total. */
  add(points: number): number;
}

export function createScore(clock: Clock = SYSTEM_CLOCK): Score {
  let value = 0;
  let atMs = clock.monotonicMs();
  return {
    add(points): number {
      const now = clock.monotonicMs();
      value = Math.max(0, value - (now - atMs) / 1_000) + points;
      atMs = now;
      return value;
    },
  };
}
