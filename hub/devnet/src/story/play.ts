import { CodedError } from "@ropenet/protocol";
import { createNotes, type Notes } from "./notes.ts";
import type { StepResult } from "./report.ts";

export interface Step<Context> {
  readonly id: string;
  readonly title: string;
  /** Returns the line that people read. */
  readonly act: (context: Context, notes: Notes) => Promise<string>;
  /** set: the step must be refused under this code */
  readonly refusedWith?: string;
}

/** Five times what the slowest step takes on two busy cores. */
const STEP_MS = 90_000;

export interface Stage {
  readonly ropeHeight: () => Promise<string>;
  /** resolves when the network has lost something that is not started again */
  readonly lost: Promise<CodedError>;
  readonly stepMs?: number;
}

/** `work`, unless what it needs is lost or it does not come to an end. @throws {CodedError} `story/step-too-long` */
async function inTime<T>(work: Promise<T>, { lost, stepMs = STEP_MS }: Stage): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const late = new CodedError({ code: "story/step-too-long", afterMs: stepMs });
    timer = setTimeout(() => reject(late), stepMs);
  });
  const broken = lost.then((reason): never => {
    throw reason;
  });
  try {
    return await Promise.race([work, tooLong, broken]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}

/** Plays a step and judges it by what it has seen. */
export async function play<Context>(
  step: Step<Context>,
  context: Context,
  stage: Stage,
): Promise<StepResult> {
  const { id, title, refusedWith } = step;
  const started = performance.now();
  const notes = createNotes();
  let line: string;
  let code: string | null = null;
  let hasEnded = true;
  try {
    line = await inTime(step.act(context, notes), stage);
  } catch (error) {
    code = error instanceof CodedError ? error.code : null;
    hasEnded = code !== null && code === refusedWith;
    line = hasEnded ? `拒绝码 ${code}` : error instanceof Error ? error.message : String(error);
  }
  if (refusedWith !== undefined) notes.see("refusal", title, code ?? "accepted", refusedWith);
  const wrong = notes.observations.filter(({ ok }) => !ok);
  for (const { what, where, expected, seen } of wrong)
    line += ` · ${where} ${what}: expected ${JSON.stringify(expected)}, saw ${JSON.stringify(seen)}`;
  return {
    ...{ id, title, ok: hasEnded && wrong.length === 0 && notes.observations.length > 0 },
    observations: notes.observations,
    transactions: notes.transactions,
    ...{ line, height: await stage.ropeHeight(), code },
    elapsedMs: Math.round(performance.now() - started),
  };
}
