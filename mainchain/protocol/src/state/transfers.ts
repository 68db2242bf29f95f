import {
  b32,
  type Codec,
  choice,
  optional,
  struct,
  u8,
  u16,
  u64,
  u128,
  u256,
  varBytes,
} from "../codec/codec.ts";
import {
  type AssetPayload,
  assetPayloadCodec,
  MAX_PAYLOAD_BYTES,
  type Packet,
  packetCodec,
} from "../packet/packet.ts";

/** 1 QUEUED, 2 FORWARDED, 3 SETTLED, 4 RETURNED, 5 QUARANTINED */
export type TransferState = 1 | 2 | 3 | 4 | 5;

export const TRANSFER_STATE: {
  readonly queued: 1;
  readonly forwarded: 2;
  readonly settled: 3;
  readonly returned: 4;
  readonly quarantined: 5;
} = { queued: 1, forwarded: 2, settled: 3, returned: 4, quarantined: 5 };

/** Why a transfer waits: 0 not queued, 1 hold, 2 net limit, 3 delay of large amounts, 4 halt. */
export type QueueReason = 0 | 1 | 2 | 3 | 4;

export interface TransferRecord {
  readonly transferId: Uint8Array;
  readonly index: bigint;
  readonly kind: number;
  readonly state: TransferState;
  readonly leg1: Packet;
  readonly payload: Uint8Array;
  /** the same payload decoded, for asset transfers */
  readonly asset: AssetPayload | null;
  readonly finalGateway: Uint8Array;
  /** sequence of leg 2 on its lane; 0 = none */
  readonly leg2Sequence: bigint;
  readonly queueReason: QueueReason;
  readonly holdId: Uint8Array;
  readonly releaseAtMs: bigint;
  /** failure code of the end, 0 if none */
  readonly failure: number;
  readonly receivedHeight: bigint;
  readonly forwardedHeight: bigint;
  readonly endedHeight: bigint;
  readonly receivedAtMs: bigint;
  readonly endedAtMs: bigint;
}
export const transferRecordCodec: Codec<TransferRecord> = struct<TransferRecord>({
  transferId: b32,
  index: u64,
  kind: u8,
  state: choice<TransferState>(1, 2, 3, 4, 5),
  leg1: packetCodec,
  payload: varBytes(MAX_PAYLOAD_BYTES, u16),
  asset: optional(assetPayloadCodec),
  finalGateway: b32,
  leg2Sequence: u64,
  queueReason: choice<QueueReason>(0, 1, 2, 3, 4),
  holdId: b32,
  releaseAtMs: u64,
  failure: u16,
  receivedHeight: u64,
  forwardedHeight: u64,
  endedHeight: u64,
  receivedAtMs: u64,
  endedAtMs: u64,
});

/** The rope's books of one asset at one gateway, in origin units. Source: docs/protocol.md §1, §4. */
export interface PositionRecord {
  readonly outstanding: bigint;
  /** sent there and not answered: it may come back before its receipt does */
  readonly inFlight: bigint;
  readonly received: bigint;
  readonly sent: bigint;
  readonly settled: bigint;
  readonly refundAcked: bigint;
  readonly observedHeight: bigint;
  readonly observedOut: bigint;
  readonly observedIn: bigint;
  readonly observedRefunded: bigint;
  readonly observedBalance: bigint;
  /** bit 0 = frozen (quarantine or violated cut) */
  readonly flags: number;
}
export const positionRecordCodec: Codec<PositionRecord> = struct<PositionRecord>({
  outstanding: u128,
  inFlight: u128,
  received: u256,
  sent: u256,
  settled: u256,
  refundAcked: u256,
  observedHeight: u64,
  observedOut: u256,
  observedIn: u256,
  observedRefunded: u256,
  observedBalance: u256,
  flags: u8,
});

/** escrow = outstandingTotal + inFlight + held. Source: docs/protocol.md §4.1 (I4). */
export interface ConservationRecord {
  readonly height: bigint;
  readonly escrow: bigint;
  readonly outstandingTotal: bigint;
  readonly inFlight: bigint;
  readonly held: bigint;
}
export const conservationRecordCodec: Codec<ConservationRecord> = struct<ConservationRecord>({
  height: u64,
  escrow: u128,
  outstandingTotal: u128,
  inFlight: u128,
  held: u128,
});

/** Net outflow of the current window. */
export interface FlowRecord {
  readonly windowStartMs: bigint;
  readonly outflow: bigint;
  readonly inflow: bigint;
}
export const flowRecordCodec: Codec<FlowRecord> = struct<FlowRecord>({
  windowStartMs: u64,
  outflow: u128,
  inflow: u128,
});
