import type { Application } from "@ropenet/protocol";
import type { Clock } from "../clock.ts";
import type { Mempool } from "../mempool.ts";
import type { Ledger } from "./ledger.ts";

/**
 * Rounds, signatures and syncs cost the same for ten transactions as for a thousand: pauses of 100 ms instead of 25
 * save a tenth of the processor under load (`npm run bench:chain -- --min-interval-ms`).
 */
const PAUSE_PER_TRANSACTION_MS = 0.1;
const MAX_PAUSES = 4;

export interface PaceOptions {
  readonly minIntervalMs: number;
  readonly minEmptyIntervalMs: number;
}

export interface PaceComponents {
  readonly ledger: Pick<Ledger, "tip" | "evidence">;
  readonly application: Pick<Application, "wantsBlock">;
  readonly mempool: Pick<Mempool, "size">;
  readonly clock: Clock;
}

/** When the next block is worth a round. */
export interface Pace {
  /** The rest after the last commit, in which transactions gather; longer under load, where each block costs as much. */
  pauseMs(): number;
  hasWork(): boolean;
  /** A block of so many transactions was committed just now. */
  committed(transactions: number): void;
}

export function createPace(options: PaceOptions, parts: PaceComponents): Pace {
  const { ledger, application, mempool, clock } = parts;
  const { minIntervalMs, minEmptyIntervalMs } = options;
  /** by the clock that nobody sets */
  let committedAtMs = Number.NEGATIVE_INFINITY;
  let committedCount = 0;

  const pauseMs = (): number =>
    Math.min(minIntervalMs + committedCount * PAUSE_PER_TRANSACTION_MS, MAX_PAUSES * minIntervalMs);

  return {
    pauseMs,
    hasWork(): boolean {
      // What arrives within one interval shares a block and its follow-up.
      const restedMs = clock.monotonicMs() - committedAtMs;
      if (restedMs < pauseMs()) return false;
      if (mempool.size > 0) return true;
      if (restedMs < minEmptyIntervalMs) return false;
      const { height, header } = ledger.tip();
      // The first block puts the genesis root into a header, where light clients find it.
      if (height === 0n) return true;
      if (ledger.evidence.size > 0 && ledger.evidence.pending(height + 1n).length > 0) return true;
      return application.wantsBlock(BigInt(clock.wallMs()), header);
    },
    committed(transactions): void {
      committedAtMs = clock.monotonicMs();
      committedCount = transactions;
    },
  };
}
