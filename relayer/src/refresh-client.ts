import { type ClientAge, isAdapterError } from "@ropenet/adapter-sdk";
import type { Logger } from "pino";
import type { Lane } from "./lane.ts";

/** Looks per trusting period: a client that is brought on at a third of it has twenty chances left. */
const LOOKS_PER_PERIOD = 30n;
const SHORTEST_LOOK_MS = 1_000;
const LONGEST_LOOK_MS = 600_000;
/** Before anything is known of the client. */
const FIRST_LOOK_MS = 10_000;

function untilNextLook({ trustingPeriodMs }: ClientAge): number {
  const part = trustingPeriodMs / LOOKS_PER_PERIOD;
  return Math.max(SHORTEST_LOOK_MS, Math.min(Number(part), LONGEST_LOOK_MS));
}

/**
 * Brings the destination's client of the source on once a third of its trusting period is over, whether or not
 * anything is to be delivered: past the period no proof is taken any more, and all that is under way is locked.
 * At most one attempt a look; what comes in its way is logged, and the lane goes on.
 * @returns when to look again, ms since 1970
 */
export async function refreshClient(
  { name, source, destination }: Lane,
  nowMs: number,
  logger: Logger,
  signal: AbortSignal,
): Promise<number> {
  let next = nowMs + FIRST_LOOK_MS;
  try {
    const age = await destination.clientAge(source.gateway, signal);
    if (!age) return next;
    next = nowMs + untilNextLook(age);
    const ageMs = age.nowMs - age.updatedAtMs;
    if (ageMs * 3n < age.trustingPeriodMs) return next;
    const about = { lane: name, ageMs: String(ageMs), periodMs: String(age.trustingPeriodMs) };
    const tip = await source.proveTip(destination.gateway, signal);
    const { transactionHashes: transactions } = await destination.submit(tip, signal);
    if (transactions.length > 0) logger.info({ ...about, transactions }, "client brought on");
    else logger.warn(about, "the source has nothing newer than its client");
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    logger.warn({ lane: name, ...error.info }, "the client was not brought on");
  }
  return next;
}
