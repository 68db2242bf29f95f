import { AdapterError, type OutboundEvent, type SubmitResult } from "@ropenet/adapter-sdk";
import type { Lane } from "./lane.ts";
import { isLate } from "./plan/plan-batch.ts";

export interface Refusal {
  readonly event: OutboundEvent;
  readonly error: AdapterError;
}

export interface Delivery {
  readonly results: readonly SubmitResult[];
  /** events that were refused alone, each with what was said of it */
  readonly refused: readonly Refusal[];
}

const isAboutContent = (error: unknown): error is AdapterError =>
  error instanceof AdapterError && error.info.about !== undefined;

/** Those that the refusal speaks of, where it speaks of all of a kind. */
function refusedByKind(
  { info }: AdapterError,
  events: readonly OutboundEvent[],
  nowMs: number,
): readonly OutboundEvent[] {
  if (info.about !== "packets") return [];
  return events.filter((event) => event.kind === "packet" && !isLate(event, nowMs));
}

async function openOf(
  { destination }: Lane,
  events: readonly OutboundEvent[],
  signal: AbortSignal,
): Promise<readonly OutboundEvent[]> {
  if (events.length === 0) return [];
  const standings = await destination.standings(events, signal);
  return events.filter((_, index) => standings[index] === "open");
}

/**
 * Proves and submits; a batch that is refused for the sake of some of its items is halved until those are alone, so
 * that the rest is delivered now; one that is refused for a kind of item goes on without that kind. What concerns the
 * whole lane is thrown.
 * @throws {AdapterError} that is not about what is in the batch
 */
export async function deliver(
  lane: Lane,
  events: readonly OutboundEvent[],
  nowMs: number,
  signal: AbortSignal,
): Promise<Delivery> {
  const [first] = events;
  if (!first) return { results: [], refused: [] };
  try {
    const batch = await lane.source.prove(events, signal);
    return { results: [await lane.destination.submit(batch, signal)], refused: [] };
  } catch (error) {
    if (!isAboutContent(error)) throw error;
    const kind = refusedByKind(error, events, nowMs);
    if (kind.length > 0) {
      const others = events.filter((event) => !kind.includes(event));
      const rest = await deliver(lane, await openOf(lane, others, signal), nowMs, signal);
      return { ...rest, refused: [...rest.refused, ...kind.map((event) => ({ event, error }))] };
    }
    if (events.length === 1) return { results: [], refused: [{ event: first, error }] };
  }
  const middle = Math.ceil(events.length / 2);
  const left = await deliver(
    lane,
    await openOf(lane, events.slice(0, middle), signal),
    nowMs,
    signal,
  );
  const right = await deliver(
    lane,
    await openOf(lane, events.slice(middle), signal),
    nowMs,
    signal,
  );
  return {
    results: [...left.results, ...right.results],
    refused: [...left.refused, ...right.refused],
  };
}
