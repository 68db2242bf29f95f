import type { OutboundEvent, Standing } from "@ropenet/adapter-sdk";
import { type Rope, recordsOf } from "@ropenet/client";
import {
  type Packet,
  packetHash,
  type Suite,
  stateKey,
  TRANSFER_STATE,
  transferRecordCodec,
} from "@ropenet/protocol";

/**
 * A quarantined packet has a transfer and no receipt. It is kept out until it is late: then the rope refuses it for
 * good, and its sender gets back what he sent.
 */
async function packetStanding(
  rope: Rope,
  suite: Suite,
  packet: Packet,
  ropeTimeMs: bigint,
): Promise<Standing> {
  const { sourceGateway, lane, sequence } = packet;
  if (await recordsOf(rope.peek).receipt(sourceGateway, lane, sequence)) return "taken";
  const key = stateKey.transfer(packetHash(suite, packet));
  const transfer = await rope.peek(key, transferRecordCodec);
  const isQuarantined = transfer?.state === TRANSFER_STATE.quarantined;
  return isQuarantined && ropeTimeMs < packet.timeoutMs ? "kept-out" : "open";
}

/** What the rope makes of an event of a strand. */
export async function readStanding(
  rope: Rope,
  suite: Suite,
  event: OutboundEvent,
  ropeTimeMs: bigint,
): Promise<Standing> {
  if (event.kind === "packet") return await packetStanding(rope, suite, event.packet, ropeTimeMs);
  const { destinationGateway, lane, sequence } = event.acknowledgement;
  const sent = await recordsOf(rope.peek).sent(destinationGateway, lane, sequence);
  return sent?.acknowledged === true ? "taken" : "open";
}
