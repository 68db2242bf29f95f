import type { OutboundEvent } from "@ropenet/adapter-sdk";
import { isOrderedLane } from "@ropenet/protocol";
import type { OpenEvent } from "./open-events.ts";

export interface BatchLimits {
  readonly maxItems: number;
  /** payload bytes of one batch */
  readonly maxBytes: number;
}

type PacketEvent = Extract<OutboundEvent, { kind: "packet" }>;

function sizeOf(event: OutboundEvent): number {
  return event.kind === "packet" ? 256 + event.payload.length : 256;
}

const isOrdered = (event: OutboundEvent): event is PacketEvent =>
  event.kind === "packet" && isOrderedLane(event.packet.lane);

const bySequence = (left: PacketEvent, right: PacketEvent): number =>
  left.packet.sequence < right.packet.sequence ? -1 : 1;

const isDue = ({ notBeforeMs }: OpenEvent, nowMs: number): boolean => notBeforeMs <= nowMs;

/** What may go of each ordered lane: its open packets by sequence, up to the first that waits. */
function dueInOrder(open: readonly OpenEvent[], nowMs: number): readonly PacketEvent[] {
  // One that is settling does not stop those behind it: they came after it in the same state.
  const known = open.filter((one) => !one.settling || isDue(one, nowMs));
  const waits = new Set(known.filter((one) => !isDue(one, nowMs)).map((one) => one.event));
  const ordered = known.map(({ event }) => event).filter(isOrdered);
  const lanes = Map.groupBy(ordered, ({ packet }) => packet.lane);
  return [...lanes.values()].flatMap((lane) => {
    const sorted = lane.toSorted(bySequence);
    const stop = sorted.findIndex((event) => waits.has(event));
    return stop === -1 ? sorted : sorted.slice(0, stop);
  });
}

/**
 * What is to be looked at now, in the order in which it should be relayed: ordered lanes first, by sequence, then the rest by age.
 * Pure: the same events at the same time give the same plan in any process.
 */
export function dueEvents(open: readonly OpenEvent[], nowMs: number): readonly OutboundEvent[] {
  const unordered = open
    .filter((one) => !isOrdered(one.event) && isDue(one, nowMs))
    .map(({ event }) => event);
  return [...dueInOrder(open, nowMs), ...unordered];
}

/** The first of `events` that fit into one batch; at least one. */
export function planBatch(
  events: readonly OutboundEvent[],
  limits: BatchLimits,
): readonly OutboundEvent[] {
  const chosen: OutboundEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = sizeOf(event);
    if (chosen.length >= limits.maxItems || (chosen.length > 0 && bytes + size > limits.maxBytes))
      break;
    chosen.push(event);
    bytes += size;
  }
  return chosen;
}
