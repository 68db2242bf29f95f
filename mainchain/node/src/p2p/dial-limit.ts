import { createTokenBucket, type TokenBucket } from "../token-bucket.ts";

/** A restarted node calls a few times a second; four on one machine share its address. */
const PER_SECOND = 20;
const BURST = 100;
const MAX_ADDRESSES = 10_000;

/** New sockets by remote address: a handshake costs curve arithmetic before anybody has proven anything. */
export interface DialLimit {
  accepts(address: string): boolean;
}

export function createDialLimit(nowMs: () => number = () => performance.now()): DialLimit {
  const buckets = new Map<string, TokenBucket>();
  return {
    accepts(address): boolean {
      const bucket =
        buckets.get(address) ?? createTokenBucket({ perSecond: PER_SECOND, burst: BURST, nowMs });
      buckets.delete(address);
      buckets.set(address, bucket);
      const [quietest] = buckets.keys();
      if (buckets.size > MAX_ADDRESSES && quietest !== undefined) buckets.delete(quietest);
      return bucket.take(1);
    },
  };
}
