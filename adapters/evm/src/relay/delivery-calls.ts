import type { OutboundEvent, ProvenBatch } from "@ropenet/adapter-sdk";
import {
  type Acknowledgement,
  acknowledgementCodec,
  encode,
  type OutboxProof,
  packetCodec,
} from "@ropenet/protocol";
import { gatewayInterface } from "../contracts/interfaces.ts";
import { toHex } from "../contracts/words.ts";
import type { SentPacket } from "./packet-memory.ts";

export type RopeBatch = Extract<ProvenBatch, { kind: "rope" }>;
type Item = RopeBatch["items"][number];

/** One transaction of a batch. */
export interface DeliveryCall {
  readonly data: string;
  /** positions in the batch, in the order of the call's own items */
  readonly indexes: readonly number[];
}

/** An item is about 2 KiB of call data; nodes take transactions of up to 128 KiB. */
const ITEMS_PER_CALL = 32;
/** Payloads come on top of the items' fixed parts. */
const PAYLOAD_BYTES_PER_CALL = 40_000;

function encodeProof(proof: OutboxProof): object {
  return {
    index: proof.leafIndex,
    count: proof.outboxCount,
    leafPath: proof.siblings.map(toHex),
    outboxesPosition: proof.outboxesIndex,
    outboxesCount: proof.outboxesCount,
    outboxesPath: proof.outboxesSiblings.map(toHex),
  };
}

function inParts<T>(entries: readonly T[], bytesOf: (entry: T) => number): readonly T[][] {
  const parts: T[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const part = parts.at(-1);
    const size = bytesOf(entry);
    if (part && part.length < ITEMS_PER_CALL && bytes + size <= PAYLOAD_BYTES_PER_CALL) {
      part.push(entry);
      bytes += size;
    } else {
      parts.push([entry]);
      bytes = size;
    }
  }
  return parts;
}

interface Delivery {
  readonly index: number;
  readonly packet: Uint8Array;
  readonly payload: Uint8Array;
  readonly proof: OutboxProof;
}

interface Settlement extends Delivery {
  readonly ack: Uint8Array;
}

function receiveCall(part: readonly Delivery[], payee: string): DeliveryCall {
  const items = part.map(({ packet, payload, proof }) => ({
    packet: toHex(packet),
    payload: toHex(payload),
    proof: encodeProof(proof),
  }));
  const [single] = items;
  const data =
    items.length === 1 && single
      ? gatewayInterface.encodeFunctionData("receivePacket", [
          single.packet,
          single.payload,
          payee,
          single.proof,
        ])
      : gatewayInterface.encodeFunctionData("receiveBatch", [items, payee]);
  return { data, indexes: part.map(({ index }) => index) };
}

function acknowledgeCall(part: readonly Settlement[]): DeliveryCall {
  const items = part.map(({ packet, payload, ack, proof }) => ({
    packet: toHex(packet),
    payload: toHex(payload),
    ack: toHex(ack),
    proof: encodeProof(proof),
  }));
  const [single] = items;
  const data =
    items.length === 1 && single
      ? gatewayInterface.encodeFunctionData("acknowledge", [
          single.packet,
          single.payload,
          single.ack,
          single.proof,
        ])
      : gatewayInterface.encodeFunctionData("acknowledgeBatch", [items]);
  return { data, indexes: part.map(({ index }) => index) };
}

const isPacket = (event: OutboundEvent): event is Extract<OutboundEvent, { kind: "packet" }> =>
  event.kind === "packet";

/**
 * The calls that deliver a batch, packets before acknowledgements, each in the batch's order.
 * @param sentPacket the packet that an acknowledgement answers: the gateway holds only its hash
 */
export async function encodeDeliveries(
  items: readonly Item[],
  payee: Uint8Array,
  sentPacket: (acknowledgement: Acknowledgement) => Promise<SentPacket>,
): Promise<readonly DeliveryCall[]> {
  const deliveries: Delivery[] = [];
  const settlements: Settlement[] = [];
  for (const [index, { event, proof }] of items.entries()) {
    if (isPacket(event)) {
      const packet = encode(packetCodec, event.packet);
      deliveries.push({ index, packet, payload: event.payload, proof });
    } else {
      const ack = encode(acknowledgementCodec, event.acknowledgement);
      const sent = await sentPacket(event.acknowledgement);
      settlements.push({ index, ...sent, ack, proof });
    }
  }
  const payloadBytes = ({ payload }: Delivery): number => payload.length;
  return [
    ...inParts(deliveries, payloadBytes).map((part) => receiveCall(part, toHex(payee))),
    ...inParts(settlements, payloadBytes).map(acknowledgeCall),
  ];
}
