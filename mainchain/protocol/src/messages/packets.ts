import { type Codec, list, struct, u16, varBytes } from "../codec/codec.ts";
import { type Acknowledgement, acknowledgementCodec } from "../packet/acknowledgement.ts";
import { MAX_PAYLOAD_BYTES, type Packet, packetCodec } from "../packet/packet.ts";
import { type ProofAnchor, proofAnchorCodec, type TrieNodes, trieNodesCodec } from "./proofs.ts";

export const MAX_BATCH_ITEMS: 64 = 64;

export interface ReceivedPacket {
  readonly packet: Packet;
  readonly payload: Uint8Array;
  /** of the packet's commitment slot */
  readonly proof: TrieNodes;
}

/**
 * Packets of one strand under one proven height. Items already received are skipped;
 * if all are, the transaction fails with `packet/already-received`. One bad proof fails the whole.
 */
export interface ReceivePackets {
  readonly anchor: ProofAnchor;
  readonly items: readonly ReceivedPacket[];
}

export const receivePacketsCodec: Codec<ReceivePackets> = struct<ReceivePackets>({
  anchor: proofAnchorCodec,
  items: list(
    struct<ReceivedPacket>({
      packet: packetCodec,
      payload: varBytes(MAX_PAYLOAD_BYTES, u16),
      proof: trieNodesCodec,
    }),
    MAX_BATCH_ITEMS,
  ),
});

export interface ReceivedAcknowledgement {
  readonly acknowledgement: Acknowledgement;
  /** of the receipt slot on the strand */
  readonly proof: TrieNodes;
}

/** Terminal receipts of packets that the rope sent. Same batch rule: `packet/already-acknowledged`. */
export interface AcknowledgePackets {
  readonly anchor: ProofAnchor;
  readonly items: readonly ReceivedAcknowledgement[];
}

export const acknowledgePacketsCodec: Codec<AcknowledgePackets> = struct<AcknowledgePackets>({
  anchor: proofAnchorCodec,
  items: list(
    struct<ReceivedAcknowledgement>({
      acknowledgement: acknowledgementCodec,
      proof: trieNodesCodec,
    }),
    MAX_BATCH_ITEMS,
  ),
});
