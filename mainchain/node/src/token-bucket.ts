export interface TokenBucketOptions {
  readonly perSecond: number;
  readonly burst: number;
  readonly nowMs: () => number;
}

/** So much at once, so much per second in the long run. */
export interface TokenBucket {
  /** False, and nothing taken, if less is left. */
  take(cost: number): boolean;
  /** until `cost` can be taken */
  waitMs(cost: number): number;
}

export function createTokenBucket({ perSecond, burst, nowMs }: TokenBucketOptions): TokenBucket {
  let left = burst;
  let atMs = nowMs();
  function refill(): void {
    const now = nowMs();
    left = Math.min(burst, left + ((now - atMs) / 1_000) * perSecond);
    atMs = now;
  }
  return {
    take(cost): boolean {
      refill();
      if (left < cost) return false;
      left -= cost;
      return true;
    },
    waitMs(cost): number {
      refill();
      return Math.max(0, Math.ceil(((cost - left) / perSecond) * 1_000));
    },
  };
}
