import {
  ACK_STATUS,
  type AcknowledgePackets,
  ackHash,
  bytesToHex,
  equalBytes,
  type ReceivedAcknowledgement,
  receiptSlot,
  type SentRecord,
  type Suite,
  sentRecordCodec,
  stateKey,
} from "@ropenet/protocol";
import { readRecord, type TransactionContext, writeRecord } from "../../module.ts";
import type { ProvenStorage, StrandVerifier } from "../../slices.ts";
import { PacketsError } from "./errors.ts";
import type { PacketHandlers } from "./receive-packets.ts";

const STATUSES: readonly number[] = Object.values(ACK_STATUS);

function checkShape(
  item: ReceivedAcknowledgement,
  storage: ProvenStorage,
  ropeGateway: Uint8Array,
): void {
  const { acknowledgement: ack } = item;
  if (!equalBytes(ack.sourceGateway, ropeGateway)) {
    throw new PacketsError({ code: "packet/wrong-source", sourceGateway: ack.sourceGateway });
  }
  if (!equalBytes(ack.destinationGateway, storage.chain.gateway)) {
    throw new PacketsError({
      code: "packet/wrong-destination",
      destinationGateway: ack.destinationGateway,
    });
  }
  if (!STATUSES.includes(ack.status))
    throw new PacketsError({ code: "packet/bad-status", status: ack.status });
}

/** The strand really wrote this terminal receipt, and it answers the packet that was sent. */
function checkReceipt(
  item: ReceivedAcknowledgement,
  storage: ProvenStorage,
  sent: SentRecord,
): void {
  const { acknowledgement: ack, proof } = item;
  if (!equalBytes(ack.packetHash, sent.packetHash)) {
    throw new PacketsError({ code: "packet/acknowledges-another", sequence: ack.sequence });
  }
  const position = receiptSlot(ack.sourceGateway, ack.lane, ack.sequence);
  if (!equalBytes(storage.read(position, proof), ackHash(storage.chain.suite as Suite, ack))) {
    throw new PacketsError({ code: "packet/not-received-there", sequence: ack.sequence });
  }
}

/** Terminal receipts of packets that the rope sent; total: nothing can hold them up. Source: docs/protocol.md §2. */
export function acknowledgePackets(
  context: TransactionContext,
  body: AcknowledgePackets,
  parts: {
    readonly verifier: StrandVerifier;
    readonly ropeGateway: Uint8Array;
    readonly handlers: PacketHandlers;
  },
): void {
  if (body.items.length === 0) throw new PacketsError({ code: "packet/empty-batch" });
  const storage = parts.verifier.open(context, body.anchor);
  let taken = 0;
  for (const item of body.items) {
    checkShape(item, storage, parts.ropeGateway);
    const { lane, sequence } = item.acknowledgement;
    const key = stateKey.sent(storage.chain.gateway, lane, sequence);
    const sent = readRecord(context.state, key, sentRecordCodec);
    if (!sent) throw new PacketsError({ code: "packet/unknown-sent", sequence });
    if (sent.acknowledged) continue;
    checkReceipt(item, storage, sent);
    writeRecord(context.state, key, sentRecordCodec, { ...sent, acknowledged: true });
    const handler = parts.handlers.get(sent.kind);
    if (!handler) throw new Error(`sent a packet of a kind without handler: ${sent.kind}`);
    handler.acknowledge(context, {
      transferId: sent.transferId,
      chain: storage.chain,
      acknowledgement: item.acknowledgement,
      provenHeight: storage.height,
    });
    context.emit("packets.acknowledged", {
      gateway: bytesToHex(storage.chain.gateway),
      lane: String(lane),
      sequence: String(sequence),
      status: String(item.acknowledgement.status),
    });
    taken += 1;
  }
  if (taken === 0) {
    const sequence = body.items[0]?.acknowledgement.sequence ?? 0n;
    throw new PacketsError({ code: "packet/already-acknowledged", sequence });
  }
}
