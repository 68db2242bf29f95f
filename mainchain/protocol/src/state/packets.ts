import {
  b32,
  bool,
  type Codec,
  list,
  optional,
  struct,
  u8,
  u16,
  u64,
  varBytes,
} from "../codec/codec.ts";
import { type Acknowledgement, acknowledgementCodec } from "../packet/acknowledgement.ts";
import { MAX_PAYLOAD_BYTES } from "../packet/packet.ts";

/** Sequences of one lane with one strand, both directions. */
export interface LaneRecord {
  readonly nextSend: bigint;
  /** ordered lanes only */
  readonly nextReceive: bigint;
}
export const laneRecordCodec: Codec<LaneRecord> = struct<LaneRecord>({
  nextSend: u64,
  nextReceive: u64,
});

/** A packet that the rope sent and that has no acknowledgement yet. */
export interface SentRecord {
  readonly packetHash: Uint8Array;
  readonly transferId: Uint8Array;
  readonly kind: number;
  readonly acknowledged: boolean;
}
export const sentRecordCodec: Codec<SentRecord> = struct<SentRecord>({
  packetHash: b32,
  transferId: b32,
  kind: u8,
  acknowledged: bool,
});

/** `acknowledgement` null = PENDING: the only non-terminal receipt, replaced once (docs/protocol.md §3). */
export interface ReceiptRecord {
  readonly packetHash: Uint8Array;
  readonly transferId: Uint8Array;
  readonly acknowledgement: Acknowledgement | null;
}
export const receiptRecordCodec: Codec<ReceiptRecord> = struct<ReceiptRecord>({
  packetHash: b32,
  transferId: b32,
  acknowledgement: optional(acknowledgementCodec),
});

/** The cumulative outbox of one destination gateway: `frontier[l]` = last complete left node of level l. */
export interface OutboxRecord {
  readonly count: bigint;
  readonly root: Uint8Array;
  readonly frontier: readonly Uint8Array[];
}
export const outboxRecordCodec: Codec<OutboxRecord> = struct<OutboxRecord>({
  count: u64,
  root: b32,
  frontier: list(b32, 32),
});

/** What leaf `index` of an outbox commits to; `body` = packet or acknowledgement bytes. */
export interface OutboxEntryRecord {
  readonly leafType: number;
  readonly bodyHash: Uint8Array;
  readonly body: Uint8Array;
  readonly payload: Uint8Array;
  readonly height: bigint;
}
export const outboxEntryRecordCodec: Codec<OutboxEntryRecord> = struct<OutboxEntryRecord>({
  leafType: u8,
  bodyHash: b32,
  body: varBytes(512, u16),
  payload: varBytes(MAX_PAYLOAD_BYTES, u16),
  height: u64,
});
