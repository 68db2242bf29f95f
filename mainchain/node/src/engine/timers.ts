/** Everything a height waits for; forgotten with it. */
export interface Timers {
  after(durationMs: number, action: () => void): void;
  clear(): void;
}

export function createTimers(): Timers {
  const running = new Set<NodeJS.Timeout>();
  return {
    after(durationMs, action): void {
      const timer = setTimeout(() => {
        running.delete(timer);
        action();
      }, durationMs);
      running.add(timer);
    },
    clear(): void {
      for (const timer of running) clearTimeout(timer);
      running.clear();
    },
  };
}
