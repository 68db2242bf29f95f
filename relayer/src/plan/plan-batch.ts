import type { OutboundEvent } from "@ropenet/adapter-sdk";
import { isOrderedLane } from "@ropenet/protocol";

export interface BatchLimits {
  readonly maxItems: number;
  /** payload bytes of one batch */
  readonly maxBytes: number;
}

export interface BatchPlan {
  /** what to prove and submit next; empty if nothing is due */
  readonly events: readonly OutboundEvent[];
  /** no event below this height is undelivered: the next scan starts here */
  readonly resumeHeight: bigint;
  readonly undelivered: number;
  readonly skipped: number;
}

function sizeOf(event: OutboundEvent): number {
  return event.kind === "packet" ? 256 + event.payload.length : 256;
}

/** Packets of an ordered lane by sequence, before and apart from everything unordered. */
function inDeliveryOrder(events: readonly OutboundEvent[]): readonly OutboundEvent[] {
  const isOrdered = (event: OutboundEvent): boolean =>
    event.kind === "packet" && isOrderedLane(event.packet.lane);
  const sequence = (event: OutboundEvent): bigint =>
    event.kind === "packet" ? event.packet.sequence : 0n;
  const ordered = events
    .filter(isOrdered)
    .toSorted((left, right) => (sequence(left) < sequence(right) ? -1 : 1));
  return [...ordered, ...events.filter((event) => !isOrdered(event))];
}

/**
 * What must be relayed next in one direction, from what the source emitted and what the destination
 * says it has taken. Pure: the same two answers give the same plan in any process at any time.
 * @param delivered one flag per event
 */
export function planBatch(
  events: readonly OutboundEvent[],
  delivered: readonly boolean[],
  scannedTo: bigint,
  limits: BatchLimits,
): BatchPlan {
  const open = events.filter((_, index) => delivered[index] !== true);
  const chosen: OutboundEvent[] = [];
  let bytes = 0;
  for (const event of inDeliveryOrder(open)) {
    const size = sizeOf(event);
    if (chosen.length >= limits.maxItems || (chosen.length > 0 && bytes + size > limits.maxBytes))
      break;
    chosen.push(event);
    bytes += size;
  }
  const resumeHeight = open.reduce(
    (lowest, event) => (event.height < lowest ? event.height : lowest),
    scannedTo + 1n,
  );
  return {
    events: chosen,
    resumeHeight,
    undelivered: open.length,
    skipped: events.length - open.length,
  };
}
