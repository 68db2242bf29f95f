import {
  type ChainRecord,
  encode,
  LEAF_TYPE,
  laneRecordCodec,
  type Packet,
  PROTOCOL_VERSION,
  packetCodec,
  packetHash,
  payloadHash,
  receiptRecordCodec,
  ropeGatewayUid,
  SUITE_SM,
  type Suite,
  sentRecordCodec,
  stateKey,
  ZERO_32,
} from "@ropenet/protocol";
import { type Context, readRecord, writeRecord } from "../../module.ts";
import { appendLeaf } from "./outbox.ts";

export interface OutgoingPacket {
  readonly kind: number;
  readonly lane: number;
  readonly destination: ChainRecord;
  readonly transferId: Uint8Array;
  readonly sender: Uint8Array;
  readonly recipient: Uint8Array;
  readonly timeoutMs: bigint;
  readonly gasLimit: number;
  readonly payload: Uint8Array;
}

/** Commits a packet to a strand and puts it into that strand's outbox. */
export function sendPacket(context: Context, outgoing: OutgoingPacket): Packet {
  const { state, parameters } = context;
  const { destination, payload } = outgoing;
  const suite = destination.suite as Suite;
  const laneKey = stateKey.lane(destination.gateway, outgoing.lane);
  const lane = readRecord(state, laneKey, laneRecordCodec) ?? { nextSend: 1n, nextReceive: 1n };
  const packet: Packet = {
    version: PROTOCOL_VERSION,
    kind: outgoing.kind,
    lane: outgoing.lane,
    sequence: lane.nextSend,
    sourceGateway: ropeGatewayUid(parameters.chainId),
    destinationGateway: destination.gateway,
    transferId: outgoing.transferId,
    sender: outgoing.sender,
    recipient: outgoing.recipient,
    timeoutMs: outgoing.timeoutMs,
    gasLimit: outgoing.gasLimit,
    payloadLength: payload.length,
    payloadHash: payloadHash(suite, payload),
  };
  const hash = packetHash(suite, packet);
  writeRecord(state, laneKey, laneRecordCodec, { ...lane, nextSend: lane.nextSend + 1n });
  writeRecord(
    state,
    stateKey.sent(destination.gateway, packet.lane, packet.sequence),
    sentRecordCodec,
    {
      packetHash: hash,
      transferId: outgoing.transferId,
      kind: packet.kind,
      acknowledged: false,
    },
  );
  appendLeaf(context, destination.gateway, suite, {
    leafType: LEAF_TYPE.packet,
    bodyHash: hash,
    body: encode(packetCodec, packet),
    payload,
  });
  return packet;
}

/** A leg-1 packet of the rope to itself, which opens a transfer as a strand's packet would. */
export function originatePacket(
  context: Context,
  outgoing: Omit<OutgoingPacket, "destination" | "transferId">,
): { readonly packet: Packet; readonly packetHash: Uint8Array } {
  const { state, parameters } = context;
  const { payload } = outgoing;
  const gateway = ropeGatewayUid(parameters.chainId);
  const laneKey = stateKey.lane(gateway, outgoing.lane);
  const lane = readRecord(state, laneKey, laneRecordCodec) ?? { nextSend: 1n, nextReceive: 1n };
  const packet: Packet = {
    version: PROTOCOL_VERSION,
    kind: outgoing.kind,
    lane: outgoing.lane,
    sequence: lane.nextSend,
    sourceGateway: gateway,
    destinationGateway: gateway,
    transferId: ZERO_32,
    sender: outgoing.sender,
    recipient: outgoing.recipient,
    timeoutMs: outgoing.timeoutMs,
    gasLimit: outgoing.gasLimit,
    payloadLength: payload.length,
    payloadHash: payloadHash(SUITE_SM, payload),
  };
  const hash = packetHash(SUITE_SM, packet);
  writeRecord(state, laneKey, laneRecordCodec, { ...lane, nextSend: lane.nextSend + 1n });
  writeRecord(state, stateKey.receipt(gateway, packet.lane, packet.sequence), receiptRecordCodec, {
    packetHash: hash,
    transferId: hash,
    acknowledgement: null,
  });
  return { packet, packetHash: hash };
}
