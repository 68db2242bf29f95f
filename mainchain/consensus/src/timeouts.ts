export type TimeoutKind = "propose" | "prevote" | "precommit";

export interface Timeout {
  readonly kind: TimeoutKind;
  readonly height: bigint;
  readonly round: number;
}

/** `min(baseMs + round × perRoundMs, maxMs)`. */
export interface TimeoutSchedule {
  readonly baseMs: number;
  readonly perRoundMs: number;
  readonly maxMs: number;
}

export type ConsensusOptions = Readonly<Record<TimeoutKind, TimeoutSchedule>>;

/**
 * Propose covers building and executing a full block; the two vote waits cover one network crossing.
 * They grow so that any finite delay is outgrown (the paper's eventual synchrony), and stop growing
 * so that a validator set which was halted for hours comes back within the cap, not within hours.
 * Only liveness depends on them: chosen by argument, not yet by a bench.
 */
export const DEFAULT_OPTIONS: ConsensusOptions = {
  propose: { baseMs: 2_000, perRoundMs: 500, maxMs: 20_000 },
  prevote: { baseMs: 500, perRoundMs: 250, maxMs: 10_000 },
  precommit: { baseMs: 500, perRoundMs: 250, maxMs: 10_000 },
};

export function timeoutMs(options: ConsensusOptions, kind: TimeoutKind, round: number): number {
  const { baseMs, perRoundMs, maxMs } = options[kind];
  return Math.min(baseMs + round * perRoundMs, maxMs);
}
