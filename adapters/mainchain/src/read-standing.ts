import type { OutboundEvent, Standing } from "@ropenet/adapter-sdk";
import { type Rope, recordsOf } from "@ropenet/client";
import {
  CHAIN_STATE,
  type Packet,
  packetHash,
  type Suite,
  stateKey,
  TRANSFER_STATE,
  transferRecordCodec,
} from "@ropenet/protocol";

/** What the rope is like while it is asked. */
export interface RopeNow {
  readonly timeMs: bigint;
  /** `CHAIN_STATE` of the strand that the events come from; undefined if the rope does not know it */
  readonly strandState: number | undefined;
}

/**
 * A quarantined packet has a transfer and no receipt; one of a suspended strand has neither. Both are kept out until
 * they are late: then the rope refuses them for good, and their senders get back what they sent.
 */
async function packetStanding(
  rope: Rope,
  suite: Suite,
  packet: Packet,
  { timeMs, strandState }: RopeNow,
): Promise<Standing> {
  const { sourceGateway, lane, sequence } = packet;
  if (await recordsOf(rope.peek).receipt(sourceGateway, lane, sequence)) return "taken";
  if (timeMs >= packet.timeoutMs) return "open";
  if (strandState === CHAIN_STATE.suspended) return "kept-out";
  const key = stateKey.transfer(packetHash(suite, packet));
  const transfer = await rope.peek(key, transferRecordCodec);
  return transfer?.state === TRANSFER_STATE.quarantined ? "kept-out" : "open";
}

/** What the rope makes of an event of a strand; its newest state is final. */
export async function readStanding(
  rope: Rope,
  suite: Suite,
  event: OutboundEvent,
  now: RopeNow,
): Promise<Standing> {
  if (event.kind === "packet") return await packetStanding(rope, suite, event.packet, now);
  const { destinationGateway, lane, sequence } = event.acknowledgement;
  const sent = await recordsOf(rope.peek).sent(destinationGateway, lane, sequence);
  return sent?.acknowledged === true ? "taken" : "open";
}
