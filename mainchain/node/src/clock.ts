/** Takes back what was to be done later; harmless once it was done. */
export type Cancel = () => void;

/** What time it is, and what is to be done later. */
export interface Clock {
  /** milliseconds since 1970 by the machine's calendar, which people and NTP set, also backwards */
  wallMs(): number;
  /** milliseconds since some moment, by a clock that nobody sets */
  monotonicMs(): number;
  after(delayMs: number, action: () => void): Cancel;
  every(periodMs: number, action: () => void): Cancel;
  /** In a turn of its own, so that peers and clients are heard in between. */
  soon(action: () => void): Cancel;
}

export const SYSTEM_CLOCK: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, action): Cancel {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
  every(periodMs, action): Cancel {
    const timer = setInterval(action, periodMs);
    return () => clearInterval(timer);
  },
  soon(action): Cancel {
    const immediate = setImmediate(action);
    return () => clearImmediate(immediate);
  },
};
