import type { ChainAdapter } from "@ropenet/adapter-sdk";
import type { Logger } from "pino";
import { type BatchLimits, planBatch } from "./plan/plan-batch.ts";

/** One direction between two chains. */
export interface Lane {
  readonly name: string;
  readonly source: ChainAdapter;
  readonly destination: ChainAdapter;
}

export interface LaneStep {
  readonly delivered: number;
  readonly alreadyDelivered: number;
  readonly undelivered: number;
  readonly feePaid: bigint;
}

const IDLE: LaneStep = { delivered: 0, alreadyDelivered: 0, undelivered: 0, feePaid: 0n };

export interface LaneRunner {
  /** One scan, one batch. @throws {AdapterError} classified */
  step(lane: Lane, signal: AbortSignal): Promise<LaneStep>;
}

/** Heights a scan covers at most, so that a fresh worker on a long chain makes progress it can report. */
const SCAN_SPAN = 2_000n;

/**
 * Takes the destination's gateway to the epoch that signs at the source, whether or not anything is to be delivered:
 * a gateway that is left behind for longer than it trusts a set can never be brought on again.
 * Returns the epoch that the destination believes then.
 */
async function followEpochs(
  { name, source, destination }: Lane,
  believed: bigint | undefined,
  logger: Logger,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  if (!source.runningEpoch || !source.handovers) return undefined;
  if (!destination.believedEpoch || !destination.acceptHandovers) return undefined;
  const running = await source.runningEpoch(signal);
  if (believed !== undefined && believed >= running) return believed;
  const from = await destination.believedEpoch(signal);
  if (from >= running) return from;
  const handovers = await source.handovers(destination.suite, from, signal);
  const taken = await destination.acceptHandovers(handovers, signal);
  logger.info({ lane: name, fromEpoch: String(from), taken }, "handovers delivered");
  return await destination.believedEpoch(signal);
}

/**
 * `resume` only spares re-reading: it lives in this process alone, is never trusted, and a fresh
 * worker begins at the start height and finds the same work, because both chains answer from their state.
 */
export function createLaneRunner(options: {
  readonly limits: BatchLimits;
  readonly startHeight: (lane: Lane) => bigint;
  readonly logger: Logger;
}): LaneRunner {
  const resume = new Map<string, bigint>();
  const believed = new Map<string, bigint>();
  return {
    async step(lane, signal): Promise<LaneStep> {
      const { source, destination } = lane;
      const epoch = await followEpochs(lane, believed.get(lane.name), options.logger, signal);
      if (epoch !== undefined) believed.set(lane.name, epoch);
      const { height } = await source.finalised(signal);
      const fromHeight = resume.get(lane.name) ?? options.startHeight(lane);
      if (height < fromHeight) return IDLE;
      const toHeight = height - fromHeight > SCAN_SPAN ? fromHeight + SCAN_SPAN : height;
      const events = await source.scan(
        { fromHeight, toHeight, counterparty: destination.gateway },
        signal,
      );
      const taken = await destination.delivered(events, signal);
      const plan = planBatch(events, taken, toHeight, options.limits);
      if (!resume.has(lane.name)) {
        options.logger.info(
          { lane: lane.name, pending: plan.undelivered, delivered: plan.skipped },
          "从链上恢复 recovered from the chains",
        );
      }
      resume.set(lane.name, plan.resumeHeight);
      if (plan.events.length === 0) return IDLE;
      const batch = await source.prove(plan.events, signal);
      const result = await destination.submit(batch, signal);
      const delivered = result.outcomes.filter((outcome) => outcome === "delivered").length;
      options.logger.info(
        {
          lane: lane.name,
          delivered,
          items: plan.events.length,
          transactions: result.transactionHashes,
        },
        "batch delivered",
      );
      return {
        delivered,
        alreadyDelivered: result.outcomes.length - delivered,
        undelivered: plan.undelivered - delivered,
        feePaid: result.feePaid,
      };
    },
  };
}
