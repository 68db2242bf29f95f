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

/** Plays a step and judges it by what it has seen. */
export async function play<Context>(
  step: Step<Context>,
  context: Context,
  ropeHeight: () => Promise<string>,
): Promise<StepResult> {
  const { id, title, refusedWith } = step;
  const started = performance.now();
  const notes = createNotes();
  let line: string;
  let code: string | null = null;
  let hasEnded = true;
  try {
    line = await step.act(context, notes);
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
    ...{ line, height: await ropeHeight(), code },
    elapsedMs: Math.round(performance.now() - started),
  };
}
