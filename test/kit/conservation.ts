import type { Rope } from "@ropenet/client";
import { checkBooks, checkIndexes, checkQuota } from "./invariants/books.ts";
import { checkStep } from "./invariants/history.ts";
import { checkAuthenticity, checkEnding, checkExclusivity } from "./invariants/packets.ts";
import type { Report, StrandEvidence, Violation } from "./invariants/report.ts";
import { createLedgerReader, type LedgerAt, type LedgerSource, ledgerOf } from "./ledger.ts";

export type { InvariantName, StrandEvidence, Violation } from "./invariants/report.ts";

/** Every disagreement at one height, so that a failure explains itself. */
export function violationsAt(
  ledger: LedgerAt,
  evidence: readonly StrandEvidence[] = [],
): readonly Violation[] {
  const found: Violation[] = [];
  const report: Report = (invariant, subject, detail) =>
    found.push({ invariant, height: ledger.height, subject, detail });
  checkIndexes(ledger, report);
  checkAuthenticity(ledger, evidence, report);
  checkExclusivity(ledger, report);
  for (const trail of ledger.transfers) checkEnding(ledger, trail, evidence, report);
  for (const books of ledger.assets) checkBooks(ledger, books, report);
  for (const books of ledger.credentials) checkQuota(books, report);
  return found;
}

/** What the step from one height to the next undid. */
export function violationsBetween(before: LedgerAt, after: LedgerAt): readonly Violation[] {
  const found: Violation[] = [];
  checkStep(before, after, (invariant, subject, detail) =>
    found.push({ invariant, height: after.height, subject, detail }),
  );
  return found;
}

export interface InvariantSummary {
  readonly heights: number;
  readonly assets: number;
  readonly transfers: number;
  readonly credentials: number;
}

export class InvariantError extends Error {
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    const lines = violations
      .slice(0, 20)
      .map(
        ({ invariant, height, subject, detail }) => `${invariant} @${height} ${subject}: ${detail}`,
      );
    super(`${violations.length} violations\n${lines.join("\n")}`);
    this.violations = violations;
  }
}

/** As assertInvariants, over any source of proven values. @throws {InvariantError} */
export async function checkHistory(
  source: LedgerSource,
  fromHeight: bigint,
  toHeight: bigint,
  evidence: readonly StrandEvidence[] = [],
): Promise<InvariantSummary> {
  if (fromHeight > toHeight)
    throw new RangeError(`no height between ${fromHeight} and ${toHeight}`);
  const reader = createLedgerReader(source);
  const found: Violation[] = [];
  let before: LedgerAt | undefined;
  for (let height = fromHeight; height <= toHeight; height += 1n) {
    const isLast = height === toHeight;
    const ledger = await reader.at(height, isLast);
    // What strands say now is about the newest height alone.
    found.push(...violationsAt(ledger, isLast ? evidence : []));
    if (before) found.push(...violationsBetween(before, ledger));
    before = ledger;
  }
  if (found.length > 0) throw new InvariantError(found);
  return {
    heights: Number(toHeight - fromHeight) + 1,
    assets: before?.assets.length ?? 0,
    transfers: before?.transfers.length ?? 0,
    credentials: before?.credentials.length ?? 0,
  };
}

/**
 * I1–I5 and I7 for every asset, transfer and credential of the rope at every height `fromHeight`..`toHeight`,
 * from values proven under committed headers; `evidence` adds what the strands themselves logged.
 * @throws {InvariantError}
 */
export function assertInvariants(
  rope: Rope,
  fromHeight: bigint,
  toHeight: bigint,
  evidence: readonly StrandEvidence[] = [],
): Promise<InvariantSummary> {
  return checkHistory(ledgerOf(rope), fromHeight, toHeight, evidence);
}
