import type { ChainAdapter, ItemOutcome, OutboundEvent } from "@ropenet/adapter-sdk";
import type { Logger } from "pino";
import { deliver, type Refusal } from "./deliver.ts";
import { type OpenEvent, OpenEvents } from "./plan/open-events.ts";
import { type BatchLimits, dueEvents, planBatch } from "./plan/plan-batch.ts";
import { type Cursor, readSource } from "./read-source.ts";
import { refreshClient } from "./refresh-client.ts";

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

const STANDINGS_PER_CALL = 512;
/** A packet has at most 4 KiB: 40 MiB a lane. */
const MAX_OPEN = 10_000;
const SHOWN = 100;
/** A worker looks as seldom whether a destination can still lose what it has taken: finality takes seconds to minutes. */
const LONGEST_SETTLE_LOOK_MS = 30_000;
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
  cursor: Cursor;
  believedEpoch: bigint | undefined;
  /** when the destination's client is looked at again, ms since 1970 */
  clientLookMs: number;
  /** whether what was found at the start has been reported */
  hasRecovered: boolean;
  readonly open: OpenEvents;
}

/**
 * Asks the destination for what is due: drops what it has for good, keeps what it may still lose, sets aside what it
 * keeps out, returns what it lacks.
 */
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
      else if (standings[index] === "settling")
        open.settle(event, (looks) => now + Math.min(backOffMs(looks), LONGEST_SETTLE_LOOK_MS));
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
      cursor: { nextHeight: options.startHeight(lane), readThere: 0 },
      believedEpoch: undefined,
      clientLookMs: 0,
      hasRecovered: false,
      open: new OpenEvents(maxOpen),
    };
    memories.set(lane.name, fresh);
    return fresh;
  }

  function makeRoom({ name }: Lane, { open }: LaneMemory): void {
    if (open.room > 0 || open.waiting(now()).length < open.size) return;
    const forgotten = open.forgetOldest();
    const oldest = forgotten.slice(0, SHOWN).map(describe);
    logger.error(
      { lane: name, forgotten: forgotten.length, oldest },
      "more events wait than are kept: the oldest are given up until a restart",
    );
  }

  /** What a worker that starts finds on the chains, of the first stretch that it reads. */
  function reportRecovery({ name }: Lane, memory: LaneMemory, found: number): void {
    memory.hasRecovered = true;
    if (found === 0) return;
    const pending = memory.open.undelivered;
    logger.info(
      { lane: name, pending, delivered: found - pending },
      "从链上恢复 recovered from the chains",
    );
  }

  return {
    async step(lane, signal): Promise<LaneStep> {
      const memory = memoryOf(lane);
      const epoch = await followEpochs(lane, memory.believedEpoch, logger, signal);
      if (epoch !== undefined) memory.believedEpoch = epoch;
      if (now() >= memory.clientLookMs) {
        memory.clientLookMs = await refreshClient(lane, now(), logger, signal);
      }
      memory.cursor = await readSource(lane, memory.cursor, memory.open, signal);
      const found = memory.open.size;
      const lacking = await stillOpen(lane, memory, now(), signal);
      if (!memory.hasRecovered) reportRecovery(lane, memory, found);
      const events = planBatch(lacking, limits);
      const { results, refused } = await deliver(lane, events, signal);
      for (const refusal of refused) {
        setAside(memory, refusal, now());
        logger.warn({ lane: lane.name, ...refusal.error.info }, "event set aside");
      }
      makeRoom(lane, memory);
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
        undelivered: memory.open.undelivered - delivered - count("already-delivered"),
        setAside: memory.open.waiting(now()).slice(0, SHOWN).map(describe),
        feePaid: results.reduce((sum, result) => sum + result.feePaid, 0n),
      };
    },
  };
}
