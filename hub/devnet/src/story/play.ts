import { setTimeout } from "node:timers/promises";
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
  const ended = new AbortController();
  const tooLong = setTimeout(stepMs, undefined, { signal: ended.signal }).then((): never => {
    throw new CodedError({ code: "story/step-too-long", afterMs: stepMs });
  });
  tooLong.catch(() => undefined);
  const broken = lost.then((reason): never => {
    throw reason;
  });
  try {
    return await Promise.race([work, tooLong, broken]);
  } finally {
    ended.abort();
    work.catch(() => undefined);
  }
}

const codeOf = (error: unknown): string | null => (error instanceof CodedError ? error.code : null);

/** longer than it takes to notice that a process has died */
const NOTICE_MS = 2_000;

/** Why a step failed: what it asked may have refused to answer a moment before anybody noticed that it had died. */
async function reasonOf(error: unknown, { lost }: Stage): Promise<unknown> {
  return await Promise.race([lost, setTimeout(NOTICE_MS, error)]);
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
  } catch (thrown) {
    const isRefusal = codeOf(thrown) !== null && codeOf(thrown) === refusedWith;
    const error = isRefusal ? thrown : await reasonOf(thrown, stage);
    code = codeOf(error);
    hasEnded = isRefusal;
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
