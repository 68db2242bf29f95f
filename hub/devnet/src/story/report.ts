export interface StepResult {
  readonly id: string;
  readonly title: string;
  readonly ok: boolean;
  readonly expected: string;
  readonly seen: string;
  /** rope height at which it was seen */
  readonly height: string;
  /** code of the refusal, if the step is one */
  readonly code: string | null;
  readonly elapsedMs: number;
}

export interface ConservationRow {
  readonly asset: string;
  readonly height: string;
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

/** A story's step did not show what it had to. */
export class StoryMismatch extends Error {}

export function expectEqual(what: string, seen: unknown, expected: unknown): void {
  if (String(seen) !== String(expected))
    throw new StoryMismatch(`${what}: expected ${String(expected)}, saw ${String(seen)}`);
}
