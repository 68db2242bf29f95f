import { createTokenBucket, type TokenBucket } from "../token-bucket.ts";
import type { Lane } from "./lanes.ts";
import type { MessageFacts } from "./message.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

interface Pace {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * What one peer may send, in bytes per second. Votes: 100 rounds a second of all 256 validators told again.
 * Proposals: the longest block four times a second. Sync: a fast disk. Transactions: more than a node can check.
 */
const LANE_PACE: Readonly<Record<Lane, Pace>> = {
  vote: { perSecond: 4 * MIB, burst: 16 * MIB },
  proposal: { perSecond: 16 * MIB, burst: 64 * MIB },
  sync: { perSecond: 64 * MIB, burst: 128 * MIB },
  transaction: { perSecond: 16 * MIB, burst: 64 * MIB },
};
/** Questions are short and their answers megabytes: they are counted, not weighed. */
const REQUEST_PACE: Pace = { perSecond: 100, burst: 400 };
/** The least that handling a message costs, as bytes. */
const MESSAGE_COST = 256;

/** Decides whether a peer may be heard right now. */
export interface FloodGuard {
  accepts(facts: MessageFacts, bytes: number): boolean;
}

export function createFloodGuard(nowMs: () => number = () => performance.now()): FloodGuard {
  const bucket = (pace: Pace): TokenBucket => createTokenBucket({ ...pace, nowMs });
  const requests = bucket(REQUEST_PACE);
  const lanes: Readonly<Record<Lane, TokenBucket>> = {
    vote: bucket(LANE_PACE.vote),
    proposal: bucket(LANE_PACE.proposal),
    sync: bucket(LANE_PACE.sync),
    transaction: bucket(LANE_PACE.transaction),
  };
  return {
    accepts({ lane, isRequest }, bytes): boolean {
      if (isRequest && !requests.take(1)) return false;
      return lanes[lane].take(Math.max(bytes, MESSAGE_COST));
    },
  };
}
