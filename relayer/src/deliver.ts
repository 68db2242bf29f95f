import { AdapterError, type OutboundEvent, type SubmitResult } from "@ropenet/adapter-sdk";
import type { Lane } from "./lane.ts";

export interface Refusal {
  readonly event: OutboundEvent;
  readonly error: AdapterError;
}

export interface Delivery {
  readonly results: readonly SubmitResult[];
  /** events that were refused alone, each with what was said of it */
  readonly refused: readonly Refusal[];
}

const isAboutItems = (error: unknown): error is AdapterError =>
  error instanceof AdapterError && error.info.about === "items";

async function openOf(
  { destination }: Lane,
  events: readonly OutboundEvent[],
  signal: AbortSignal,
): Promise<readonly OutboundEvent[]> {
  const standings = await destination.standings(events, signal);
  return events.filter((_, index) => standings[index] === "open");
}

/**
 * Proves and submits; a batch that is refused for the sake of some of its items is halved until those are alone, so
 * that the rest is delivered now. What concerns the whole lane is thrown.
 * @throws {AdapterError} that is not about items
 */
export async function deliver(
  lane: Lane,
  events: readonly OutboundEvent[],
  signal: AbortSignal,
): Promise<Delivery> {
  const [first] = events;
  if (!first) return { results: [], refused: [] };
  try {
    const batch = await lane.source.prove(events, signal);
    return { results: [await lane.destination.submit(batch, signal)], refused: [] };
  } catch (error) {
    if (!isAboutItems(error)) throw error;
    if (events.length === 1) return { results: [], refused: [{ event: first, error }] };
  }
  const middle = Math.ceil(events.length / 2);
  const left = await deliver(lane, await openOf(lane, events.slice(0, middle), signal), signal);
  const right = await deliver(lane, await openOf(lane, events.slice(middle), signal), signal);
  return {
    results: [...left.results, ...right.results],
    refused: [...left.refused, ...right.refused],
  };
}
