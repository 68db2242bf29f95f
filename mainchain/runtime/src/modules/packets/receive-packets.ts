import {
  ACK_STATUS,
  accountToB32,
  bytesToHex,
  commitmentSlot,
  equalBytes,
  failureCode,
  isOrderedLane,
  LANE_CONTROL,
  laneRecordCodec,
  PACKET_KIND,
  type Packet,
  PROTOCOL_VERSION,
  packetHash,
  payloadHash,
  type ReceivedPacket,
  type ReceivePackets,
  receiptRecordCodec,
  type Suite,
  stateKey,
  ZERO_32,
} from "@ropenet/protocol";
import { readRecord, type TransactionContext, writeRecord } from "../../module.ts";
import type {
  ChainDirectory,
  PacketHandler,
  ProvenStorage,
  ReceiveOutcome,
  StrandVerifier,
} from "../../slices.ts";
import { PacketsError } from "./errors.ts";
import { finishPacket } from "./finish-packet.ts";

export type PacketHandlers = ReadonlyMap<number, PacketHandler>;

/** What the packet says of itself, before any proof is looked at. */
function checkShape(item: ReceivedPacket, storage: ProvenStorage, ropeGateway: Uint8Array): void {
  const { packet, payload } = item;
  const { sequence } = packet;
  if (packet.version !== PROTOCOL_VERSION)
    throw new PacketsError({ code: "packet/bad-version", version: packet.version });
  if (!equalBytes(packet.sourceGateway, storage.chain.gateway)) {
    throw new PacketsError({ code: "packet/wrong-source", sourceGateway: packet.sourceGateway });
  }
  if (!equalBytes(packet.destinationGateway, ropeGateway)) {
    throw new PacketsError({
      code: "packet/wrong-destination",
      destinationGateway: packet.destinationGateway,
    });
  }
  if (sequence === 0n) throw new PacketsError({ code: "packet/zero-sequence" });
  if (!equalBytes(packet.transferId, ZERO_32))
    throw new PacketsError({ code: "packet/not-leg-one" });
  const hash = payloadHash(storage.chain.suite as Suite, payload);
  if (packet.payloadLength !== payload.length || !equalBytes(packet.payloadHash, hash)) {
    throw new PacketsError({ code: "packet/payload-mismatch", sequence });
  }
}

function checkCommitted(item: ReceivedPacket, storage: ProvenStorage): Uint8Array {
  const { packet } = item;
  const hash = packetHash(storage.chain.suite as Suite, packet);
  const position = commitmentSlot(packet.destinationGateway, packet.lane, packet.sequence);
  if (!equalBytes(storage.read(position, item.proof), hash)) {
    throw new PacketsError({ code: "packet/not-committed", sequence: packet.sequence });
  }
  return hash;
}

function advanceOrderedLane(context: TransactionContext, packet: Packet): void {
  if (!isOrderedLane(packet.lane)) return;
  const key = stateKey.lane(packet.sourceGateway, packet.lane);
  const lane = readRecord(context.state, key, laneRecordCodec) ?? { nextSend: 1n, nextReceive: 1n };
  if (packet.sequence !== lane.nextReceive) {
    throw new PacketsError({
      code: "packet/out-of-order",
      expected: lane.nextReceive,
      sequence: packet.sequence,
    });
  }
  writeRecord(context.state, key, laneRecordCodec, { ...lane, nextReceive: lane.nextReceive + 1n });
}

function record(
  context: TransactionContext,
  packet: Packet,
  hash: Uint8Array,
  storage: ProvenStorage,
  outcome: ReceiveOutcome,
): void {
  if (outcome.kind === "quarantined" || outcome.kind === "early") return;
  advanceOrderedLane(context, packet);
  if (outcome.kind === "ended") {
    const payee = accountToB32(context.sender);
    finishPacket(context, packet, storage.chain, {
      status: outcome.status,
      failure: outcome.failure,
      payee,
    });
    return;
  }
  const key = stateKey.receipt(packet.sourceGateway, packet.lane, packet.sequence);
  // `finish` may have run already inside the handler, when the rope is the last strand.
  if (context.state.get(key)) return;
  writeRecord(context.state, key, receiptRecordCodec, {
    packetHash: hash,
    transferId: hash,
    acknowledgement: null,
  });
}

/** Configuration has its lane for itself: whatever else went on there, its destination would refuse, and block it for ever. */
const isOnItsLane = ({ kind, lane }: Packet): boolean =>
  (kind === PACKET_KIND.control) === (lane === LANE_CONTROL);

const isLate = ({ timeMs }: TransactionContext, { timeoutMs }: Packet): boolean =>
  timeMs >= timeoutMs;

function receiveOne(
  context: TransactionContext,
  item: ReceivedPacket,
  storage: ProvenStorage,
  handlers: PacketHandlers,
): ReceiveOutcome["kind"] {
  const { packet, payload } = item;
  const hash = checkCommitted(item, storage);
  const handler = isOnItsLane(packet) ? handlers.get(packet.kind) : undefined;
  const outcome: ReceiveOutcome = handler
    ? handler.receive(context, {
        packet,
        payload,
        packetHash: hash,
        chain: storage.chain,
        late: isLate(context, packet),
      })
    : { kind: "ended", status: ACK_STATUS.failed, failure: failureCode("bad-action") };
  record(context, packet, hash, storage, outcome);
  context.emit("packets.received", {
    gateway: bytesToHex(packet.sourceGateway),
    lane: String(packet.lane),
    sequence: String(packet.sequence),
    packetHash: bytesToHex(hash),
    outcome: outcome.kind,
  });
  return outcome.kind;
}

/** The rope's one entry point for packets of strands. Source: docs/protocol.md §2. */
export function receivePackets(
  context: TransactionContext,
  body: ReceivePackets,
  parts: {
    readonly verifier: StrandVerifier;
    readonly directory: ChainDirectory;
    readonly ropeGateway: Uint8Array;
    readonly handlers: PacketHandlers;
  },
): void {
  if (body.items.length === 0) throw new PacketsError({ code: "packet/empty-batch" });
  const storage = parts.verifier.open(context, body.anchor);
  let taken = 0;
  let early: bigint | undefined;
  for (const item of body.items) {
    checkShape(item, storage, parts.ropeGateway);
    const { sourceGateway, lane, sequence } = item.packet;
    if (context.state.get(stateKey.receipt(sourceGateway, lane, sequence))) continue;
    // A suspended chain brings nothing new; what is too late is given back to its sender all the same.
    if (!isLate(context, item.packet)) parts.directory.assertActive(context, sourceGateway);
    if (receiveOne(context, item, storage, parts.handlers) === "early") early ??= sequence;
    else taken += 1;
  }
  if (taken > 0) return;
  // A batch that changes nothing is refused, so that nobody pays for it by mistake.
  if (early !== undefined) throw new PacketsError({ code: "packet/early-return", sequence: early });
  const sequence = body.items[0]?.packet.sequence ?? 0n;
  throw new PacketsError({ code: "packet/already-received", sequence });
}
