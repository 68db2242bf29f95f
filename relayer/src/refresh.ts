import { AdapterError } from "@ropenet/adapter-sdk";
import type { Logger } from "pino";
import type { Lane } from "./lane.ts";

/** After an attempt, whatever came of it, and while nothing is due. */
const LOOK_AGAIN_MS = 600_000;

/**
 * Brings the destination the newest that its source can prove, with nothing in it, once what it believes is older than
 * `refreshAfterMs`. A client that hears nothing for its trusting period can never be brought on again, and whatever lies
 * in escrow on either side with it: an idle pair must hear of each other too.
 * @returns when to look again, in ms since 1970. What fails is logged: it must not keep packets from being delivered.
 */
export async function refreshIfOld(
  { name, source, destination }: Lane,
  options: { readonly refreshAfterMs: number; readonly nowMs: number; readonly logger: Logger },
  signal: AbortSignal,
): Promise<number> {
  const { refreshAfterMs, nowMs, logger } = options;
  if (!source.proveNewest || !destination.believedTimeMs) return Number.POSITIVE_INFINITY;
  try {
    const believedMs = Number(await destination.believedTimeMs(source.gateway, signal));
    const dueMs = believedMs + refreshAfterMs;
    if (nowMs < dueMs) return Math.min(dueMs, nowMs + LOOK_AGAIN_MS);
    const batch = await source.proveNewest(destination.gateway, signal);
    const { transactionHashes } = await destination.submit(batch, signal);
    logger.info({ lane: name, transactions: transactionHashes }, "client refreshed");
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    logger.warn({ lane: name, ...error.info }, "client not refreshed");
  }
  return nowMs + LOOK_AGAIN_MS;
}
