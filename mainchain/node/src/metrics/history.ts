/** The newest `limit` samples; what is older is forgotten. */
export interface Ring<T> {
  push(sample: T): void;
  /** the newest `count`, oldest first */
  last(count: number): readonly T[];
}

export function createRing<T>(limit: number): Ring<T> {
  const samples: T[] = [];
  let next = 0;
  return {
    push(sample): void {
      samples[next] = sample;
      next = (next + 1) % limit;
    },
    last(count): readonly T[] {
      const isFull = samples.length === limit;
      const ordered = isFull ? [...samples.slice(next), ...samples.slice(0, next)] : samples;
      return ordered.slice(Math.max(0, ordered.length - count));
    },
  };
}

/** An hour at ten seconds, and a day and a half at five minutes: 0.2 MB in all. */
export const FINE_SAMPLES = 360;
export const COARSE_SAMPLES = 432;
const FINE_PER_COARSE = 30;

/** One kind of sample at two paces. */
export interface History<T> {
  push(sample: T): void;
  last(pace: "fine" | "coarse", count: number): readonly T[];
}

export function createHistory<T>(): History<T> {
  const fine = createRing<T>(FINE_SAMPLES);
  const coarse = createRing<T>(COARSE_SAMPLES);
  let pushed = 0;
  return {
    push(sample): void {
      fine.push(sample);
      if (pushed % FINE_PER_COARSE === 0) coarse.push(sample);
      pushed += 1;
    },
    last: (pace, count) => (pace === "fine" ? fine : coarse).last(count),
  };
}
