import type { ChainAdapter, ItemOutcome, OutboundEvent } from "@ropenet/adapter-sdk";
import type { Logger } from "pino";
import { deliver, type Refusal } from "./deliver.ts";
import { type OpenEvent, OpenEvents } from "./plan/open-events.ts";
import { type BatchLimits, dueEvents, planBatch } from "./plan/plan-batch.ts";
import { refreshIfOld } from "./refresh.ts";

/** One direction between two chains. */
export interface Lane {
  readonly name: string;
  readonly source: ChainAdapter;
  readonly destination: ChainAdapter;
}

/** An event that waits, and why; shown to people. */
export interface SetAside {
  readonly kind: "packet" | "acknowledgement";
  readonly lane: number;
  readonly sequence: string;
  readonly code: string;
  readonly attempts: number;
  readonly until: string;
}

export interface LaneStep {
  readonly delivered: number;
  readonly alreadyDelivered: number;
  /** known to this worker and not taken yet, with those that wait */
  readonly undelivered: number;
  /** the oldest of those that wait, at most 100 */
  readonly setAside: readonly SetAside[];
  readonly feePaid: bigint;
}

export interface LaneRunner {
  /** One scan, one batch. @throws {AdapterError} classified */
  step(lane: Lane, signal: AbortSignal): Promise<LaneStep>;
}

/** Heights a scan covers at most, so that a fresh worker on a long chain makes progress it can report. */
const SCAN_SPAN = 2_048n;
const STANDINGS_PER_CALL = 512;
/** A packet has at most 4 KiB: 40 MiB a lane, besides one height that alone holds more. */
const MAX_OPEN = 10_000;
const SHOWN = 100;
const FIRST_BACK_OFF_MS = 1_000;
const LONGEST_BACK_OFF_MS = 600_000;

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

/** What one worker remembers of a lane. Never trusted: a fresh worker finds the same work, because both chains answer from their state. */
interface LaneMemory {
  /** nothing of the source below this height is unread */
  nextHeight: bigint;
  /** heights of one scan: fewer where they are full */
  span: bigint;
  believedEpoch: bigint | undefined;
  /** when the destination's client is looked at again, ms since 1970 */
  refreshAtMs: number;
  readonly open: OpenEvents;
}

/** The next stretch of the source, as long as there is room for what it holds. */
async function readSource(
  { source, destination }: Lane,
  memory: LaneMemory,
  signal: AbortSignal,
): Promise<void> {
  const { height } = await source.finalised(signal);
  if (height < memory.nextHeight || memory.open.room === 0) return;
  const fromHeight = memory.nextHeight;
  const toHeight = height - fromHeight >= memory.span ? fromHeight + memory.span - 1n : height;
  const range = { fromHeight, toHeight, counterparty: destination.gateway };
  const events = await source.scan(range, signal);
  const lastHeight = memory.open.addWhole(events) ?? toHeight;
  memory.nextHeight = lastHeight + 1n;
  const isFull = lastHeight < toHeight;
  if (isFull && memory.span > 1n) memory.span /= 2n;
  else if (!isFull && memory.span < SCAN_SPAN) memory.span *= 2n;
}

/** Asks the destination for what is due: drops what it has, sets aside what it keeps out, returns what it lacks. */
async function stillOpen(
  { destination }: Lane,
  { open }: LaneMemory,
  now: number,
  signal: AbortSignal,
): Promise<readonly OutboundEvent[]> {
  const due = dueEvents(open.all(), now);
  const lacking: OutboundEvent[] = [];
  for (let from = 0; from < due.length; from += STANDINGS_PER_CALL) {
    const part = due.slice(from, from + STANDINGS_PER_CALL);
    const standings = await destination.standings(part, signal);
    for (const [index, event] of part.entries()) {
      if (standings[index] === "taken") open.remove(event);
      else if (standings[index] === "open") lacking.push(event);
      else open.setAside(event, "relayer/kept-out", (attempts) => now + backOffMs(attempts));
    }
  }
  return lacking;
}

/** How long an event that was refused `attempts` times in a row is left alone. */
export function backOffMs(attempts: number): number {
  return Math.min(FIRST_BACK_OFF_MS * 2 ** Math.min(attempts - 1, 20), LONGEST_BACK_OFF_MS);
}

function setAside({ open }: LaneMemory, { event, error }: Refusal, now: number): void {
  const { code, disposition } = error.info;
  open.setAside(event, code, (attempts) =>
    disposition.kind === "wait-until"
      ? now + disposition.afterMs
      : now + backOffMs(disposition.kind === "retryable" ? Math.min(attempts, 4) : attempts),
  );
}

function describe({ event, attempts, notBeforeMs, code = "" }: OpenEvent): SetAside {
  const { lane, sequence } = event.kind === "packet" ? event.packet : event.acknowledgement;
  const until = new Date(notBeforeMs).toISOString();
  return { kind: event.kind, lane, sequence: String(sequence), code, attempts, until };
}

export function createLaneRunner(options: {
  readonly limits: BatchLimits;
  readonly startHeight: (lane: Lane) => bigint;
  /** age from which a client is brought the newest although nothing is to be delivered: well below any trusting period */
  readonly refreshAfterMs: number;
  readonly logger: Logger;
  /** events that one lane keeps in memory */
  readonly maxOpen?: number;
  readonly now?: () => number;
}): LaneRunner {
  const { limits, logger, now = Date.now, maxOpen = MAX_OPEN } = options;
  const memories = new Map<string, LaneMemory>();

  function memoryOf(lane: Lane): LaneMemory {
    const known = memories.get(lane.name);
    if (known) return known;
    const fresh: LaneMemory = {
      nextHeight: options.startHeight(lane),
      span: SCAN_SPAN,
      believedEpoch: undefined,
      refreshAtMs: 0,
      open: new OpenEvents(maxOpen),
    };
    memories.set(lane.name, fresh);
    return fresh;
  }

  function makeRoom({ name }: Lane, { open }: LaneMemory): void {
    if (open.room > 0 || open.waiting(now()).length < open.size) return;
    const forgotten = open.forgetOldest().map(describe);
    logger.error(
      { lane: name, forgotten },
      "more events wait than are kept: the oldest are given up until a restart",
    );
  }

  return {
    async step(lane, signal): Promise<LaneStep> {
      const memory = memoryOf(lane);
      const isFirst = memory.nextHeight === options.startHeight(lane);
      const epoch = await followEpochs(lane, memory.believedEpoch, logger, signal);
      if (epoch !== undefined) memory.believedEpoch = epoch;
      await readSource(lane, memory, signal);
      const found = memory.open.size;
      const lacking = await stillOpen(lane, memory, now(), signal);
      if (isFirst && found > 0) {
        const taken = found - memory.open.size;
        logger.info(
          { lane: lane.name, pending: memory.open.size, delivered: taken },
          "从链上恢复 recovered from the chains",
        );
      }
      const events = planBatch(lacking, limits);
      const { results, refused } = await deliver(lane, events, now(), signal);
      for (const refusal of refused) {
        setAside(memory, refusal, now());
        logger.warn({ lane: lane.name, ...refusal.error.info }, "event set aside");
      }
      makeRoom(lane, memory);
      const nowMs = now();
      if (nowMs >= memory.refreshAtMs) {
        const { refreshAfterMs } = options;
        memory.refreshAtMs = await refreshIfOld(lane, { refreshAfterMs, nowMs, logger }, signal);
      }
      const outcomes = results.flatMap((result) => result.outcomes);
      const count = (outcome: ItemOutcome): number =>
        outcomes.filter((one) => one === outcome).length;
      const delivered = count("delivered");
      if (results.length > 0) {
        const transactions = results.flatMap((result) => result.transactionHashes);
        logger.info(
          { lane: lane.name, delivered, items: events.length, transactions },
          "batch delivered",
        );
      }
      return {
        delivered,
        alreadyDelivered: count("already-delivered"),
        undelivered: memory.open.size - delivered - count("already-delivered"),
        setAside: memory.open.waiting(now()).slice(0, SHOWN).map(describe),
        feePaid: results.reduce((sum, result) => sum + result.feePaid, 0n),
      };
    },
  };
}
