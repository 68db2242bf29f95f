import type { Timeout } from "@ropenet/consensus";

/** Consensus timeouts, by the wall clock of the process. */
export interface Timers {
  schedule(timeout: Timeout, durationMs: number): void;
  /** for a new height, and at the end */
  clear(): void;
}

export function createTimers(onTimeout: (timeout: Timeout) => void): Timers {
  const running = new Set<NodeJS.Timeout>();
  return {
    schedule(timeout, durationMs): void {
      const timer = setTimeout(() => {
        running.delete(timer);
        onTimeout(timeout);
      }, durationMs);
      running.add(timer);
    },
    clear(): void {
      for (const timer of running) clearTimeout(timer);
      running.clear();
    },
  };
}
