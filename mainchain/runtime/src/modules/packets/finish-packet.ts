import {
  type Acknowledgement,
  ackHash,
  acknowledgementCodec,
  type ChainRecord,
  encode,
  LEAF_TYPE,
  type Packet,
  PROTOCOL_VERSION,
  packetHash,
  receiptRecordCodec,
  SUITE_SM,
  type Suite,
  stateKey,
  ZERO_32,
} from "@ropenet/protocol";
import { type Context, readRecord, writeRecord } from "../../module.ts";
import { appendLeaf } from "./outbox.ts";

/**
 * Writes the terminal receipt of a leg-1 packet, once, and sends it home; the rope's own packets (`chain` undefined)
 * are at home. The only receipt that may stand there before is the PENDING one of the same packet.
 */
export function finishPacket(
  context: Context,
  leg1: Packet,
  chain: ChainRecord | undefined,
  end: { readonly status: number; readonly failure: number; readonly payee: Uint8Array },
): Acknowledgement {
  const { state } = context;
  const suite = chain ? (chain.suite as Suite) : SUITE_SM;
  const hash = packetHash(suite, leg1);
  const key = stateKey.receipt(leg1.sourceGateway, leg1.lane, leg1.sequence);
  const standing = readRecord(state, key, receiptRecordCodec);
  if (standing?.acknowledgement)
    throw new Error(`second terminal receipt for sequence ${leg1.sequence}`);
  const acknowledgement: Acknowledgement = {
    version: PROTOCOL_VERSION,
    status: end.status,
    code: end.failure,
    lane: leg1.lane,
    sequence: leg1.sequence,
    sourceGateway: leg1.sourceGateway,
    destinationGateway: leg1.destinationGateway,
    packetHash: hash,
    resultHash: ZERO_32,
    payee: end.payee,
    atMs: context.timeMs,
  };
  writeRecord(state, key, receiptRecordCodec, {
    packetHash: hash,
    transferId: hash,
    acknowledgement,
  });
  if (!chain) return acknowledgement;
  appendLeaf(context, chain.gateway, suite, {
    leafType: LEAF_TYPE.acknowledgement,
    bodyHash: ackHash(suite, acknowledgement),
    body: encode(acknowledgementCodec, acknowledgement),
    payload: new Uint8Array(0),
  });
  return acknowledgement;
}
