import type { Observation, StepTransaction } from "./notes.ts";

export interface StepResult {
  readonly id: string;
  readonly title: string;
  /** it went through, or was refused as it had to be, and every observation is what it had to be */
  readonly ok: boolean;
  readonly observations: readonly Observation[];
  readonly transactions: readonly StepTransaction[];
  /** the line that people read, made of what was observed */
  readonly line: string;
  /** rope height at which it was seen */
  readonly height: string;
  /** code of the refusal, if it was refused */
  readonly code: string | null;
  readonly elapsedMs: number;
}

export interface ConservationRow {
  readonly asset: string;
  readonly height: string;
  /** of the header whose state root the books are proven under */
  readonly headerHash: string;
  readonly escrow: string;
  readonly outstandingTotal: string;
  readonly inFlight: string;
  readonly held: string;
  readonly ok: boolean;
}

/** What `--report FILE` writes; the schema is in docs/operations.md. */
export interface StoryReport {
  readonly ok: boolean;
  readonly run: number;
  readonly readyMs: number;
  readonly storyMs: number;
  readonly memoryBytes: number;
  readonly steps: readonly StepResult[];
  readonly conservation: readonly ConservationRow[];
}
