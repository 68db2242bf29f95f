import type { Cancel, Clock } from "../clock.ts";

/** Everything a height waits for; forgotten with it. */
export interface Timers {
  after(durationMs: number, action: () => void): void;
  clear(): void;
}

export function createTimers(clock: Clock): Timers {
  const running = new Set<Cancel>();
  return {
    after(durationMs, action): void {
      const cancel = clock.after(durationMs, () => {
        running.delete(cancel);
        action();
      });
      running.add(cancel);
    },
    clear(): void {
      for (const cancel of running) cancel();
      running.clear();
    },
  };
}
