import {
  b20,
  b32,
  bool,
  type Codec,
  choice,
  fixedBytes,
  i8,
  list,
  optional,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  u128,
  u256,
  varBytes,
} from "../codec/codec.ts";
import { type Acknowledgement, acknowledgementCodec } from "../packet/acknowledgement.ts";
import {
  type AssetPayload,
  assetPayloadCodec,
  MAX_PAYLOAD_BYTES,
  type Packet,
  packetCodec,
} from "../packet/packet.ts";

/** Never deleted once a nonce is used. */
export interface AccountRecord {
  readonly nonce: bigint;
  readonly balance: bigint;
}
export const accountRecordCodec: Codec<AccountRecord> = struct<AccountRecord>({
  nonce: u64,
  balance: u128,
});

/** Chain parameters fixed at genesis. */
export interface ParametersRecord {
  readonly chainName: string;
  readonly chainId: Uint8Array;
  readonly protocolVersion: number;
  readonly checkpointIntervalMs: bigint;
  readonly checkpointHeartbeatMs: bigint;
  readonly minLegMs: bigint;
  readonly maxHoldMs: bigint;
  readonly baseFee: bigint;
  /** development profile: an approved chain needs no second office, and every screen says so */
  readonly developmentProfile: boolean;
}
export const parametersRecordCodec: Codec<ParametersRecord> = struct<ParametersRecord>({
  chainName: text(64),
  chainId: b32,
  protocolVersion: u16,
  checkpointIntervalMs: u64,
  checkpointHeartbeatMs: u64,
  minLegMs: u64,
  maxHoldMs: u64,
  baseFee: u128,
  developmentProfile: bool,
});

/** One validator's bridge keys: suite 1 Ethereum address, suite 2 SM2 public key. */
export interface BridgeKeys {
  readonly validator: Uint8Array;
  readonly ethereumAddress: Uint8Array;
  readonly sm2PublicKey: Uint8Array;
  readonly power: bigint;
}
export interface BridgeKeysRecord {
  readonly epoch: bigint;
  readonly validators: readonly BridgeKeys[];
}
export const bridgeKeysRecordCodec: Codec<BridgeKeysRecord> = struct<BridgeKeysRecord>({
  epoch: u64,
  validators: list(
    struct<BridgeKeys>({
      validator: b20,
      ethereumAddress: b20,
      sm2PublicKey: fixedBytes(65),
      power: u64,
    }),
    256,
  ),
});

/** 1 有效, 2 停用 */
export interface MemberRecord {
  readonly memberId: Uint8Array;
  readonly kind: number;
  readonly name: string;
  readonly codeCommitment: Uint8Array;
  readonly account: Uint8Array;
  readonly state: 1 | 2;
}
export const memberRecordCodec: Codec<MemberRecord> = struct<MemberRecord>({
  memberId: b32,
  kind: u8,
  name: text(128),
  codeCommitment: b32,
  account: b20,
  state: choice<1 | 2>(1, 2),
});

/** What verifies a direction. 1 consensus, 2 endorsed, 3 attested(m, n), 4 custody. */
export type TrustClass = 1 | 2 | 3 | 4;
/** 1 待批 registered, 2 有效 active, 3 停用 suspended, 4 frozen by misbehaviour */
export type ChainState = 1 | 2 | 3 | 4;

export interface ChainRecord {
  readonly gateway: Uint8Array;
  readonly index: number;
  readonly name: string;
  readonly description: string;
  readonly kind: number;
  readonly suite: number;
  readonly genesisHash: Uint8Array;
  readonly gatewayAddress: Uint8Array;
  readonly deployment: number;
  readonly codeHash: Uint8Array;
  readonly registrant: Uint8Array;
  readonly state: ChainState;
  /** strand → rope */
  readonly trustClass: TrustClass;
  readonly attestors: readonly Uint8Array[];
  readonly threshold: number;
  readonly trustingPeriodMs: bigint;
  readonly registeredAtMs: bigint;
}
export const chainRecordCodec: Codec<ChainRecord> = struct<ChainRecord>({
  gateway: b32,
  index: u32,
  name: text(64),
  description: text(256),
  kind: u8,
  suite: u8,
  genesisHash: b32,
  gatewayAddress: b32,
  deployment: u32,
  codeHash: b32,
  registrant: b20,
  state: choice<ChainState>(1, 2, 3, 4),
  trustClass: choice<TrustClass>(1, 2, 3, 4),
  attestors: list(b20, 64),
  threshold: u8,
  trustingPeriodMs: u64,
  registeredAtMs: u64,
});

/** The rope's light client of a strand; height 0 = no header yet. */
export interface ClientRecord {
  readonly latestHeight: bigint;
  readonly latestTimeMs: bigint;
  /** rope time of the last update */
  readonly updatedAtMs: bigint;
  readonly frozen: boolean;
}
export const clientRecordCodec: Codec<ClientRecord> = struct<ClientRecord>({
  latestHeight: u64,
  latestTimeMs: u64,
  updatedAtMs: u64,
  frozen: bool,
});

export interface ProvenHeaderRecord {
  readonly headerHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly timeMs: bigint;
}
export const provenHeaderRecordCodec: Codec<ProvenHeaderRecord> = struct<ProvenHeaderRecord>({
  headerHash: b32,
  stateRoot: b32,
  timeMs: u64,
});

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

/** 1 QUEUED, 2 FORWARDED, 3 SETTLED, 4 RETURNED, 5 QUARANTINED */
export type TransferState = 1 | 2 | 3 | 4 | 5;
export const TRANSFER_STATE: {
  readonly queued: 1;
  readonly forwarded: 2;
  readonly settled: 3;
  readonly returned: 4;
  readonly quarantined: 5;
} = { queued: 1, forwarded: 2, settled: 3, returned: 4, quarantined: 5 };

/** Why a transfer waits: 0 not queued, 1 hold, 2 net limit, 3 delay of large amounts. */
export type QueueReason = 0 | 1 | 2 | 3;

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
  queueReason: choice<QueueReason>(0, 1, 2, 3),
  holdId: b32,
  releaseAtMs: u64,
  failure: u16,
  receivedHeight: u64,
  forwardedHeight: u64,
  endedHeight: u64,
  receivedAtMs: u64,
  endedAtMs: u64,
});

export interface AssetRecord {
  readonly assetId: Uint8Array;
  readonly index: number;
  readonly originGateway: Uint8Array;
  readonly assetClass: number;
  readonly nativeId: Uint8Array;
  readonly decimals: number;
  readonly name: string;
  readonly symbol: string;
  readonly classification: number;
  readonly attributesHash: Uint8Array;
  readonly registrant: Uint8Array;
  /** 1 active, 2 frozen */
  readonly state: 1 | 2;
}
export const assetRecordCodec: Codec<AssetRecord> = struct<AssetRecord>({
  assetId: b32,
  index: u32,
  originGateway: b32,
  assetClass: u8,
  nativeId: b32,
  decimals: u8,
  name: text(64),
  symbol: text(16),
  classification: u8,
  attributesHash: b32,
  registrant: b20,
  state: choice<1 | 2>(1, 2),
});

export interface RepresentationRecord {
  readonly mode: number;
  readonly localId: Uint8Array;
  readonly decimals: number;
  readonly scale: number;
  readonly netLimit: bigint;
  readonly windowMs: bigint;
  readonly codeHash: Uint8Array;
  /** the gateway has acknowledged the registration */
  readonly confirmed: boolean;
}
export const representationRecordCodec: Codec<RepresentationRecord> = struct<RepresentationRecord>({
  mode: u8,
  localId: b32,
  decimals: u8,
  scale: i8,
  netLimit: u128,
  windowMs: u64,
  codeHash: b32,
  confirmed: bool,
});

/** The rope's books of one asset at one gateway, in origin units. Source: docs/protocol.md §1, §4. */
export interface PositionRecord {
  readonly outstanding: bigint;
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

/** Where a unique asset is, and what is known to encumber it. */
export interface TitleRecord {
  /** zero while in flight or held */
  readonly location: Uint8Array;
  /** holder on the rope, if it is there */
  readonly holder: Uint8Array;
  readonly lienHolder: Uint8Array;
  readonly lienAmount: bigint;
  readonly lienAgreement: Uint8Array;
  readonly lienGateway: Uint8Array;
  /** strand height at which the lien was proven */
  readonly lienHeight: bigint;
}
export const titleRecordCodec: Codec<TitleRecord> = struct<TitleRecord>({
  location: b32,
  holder: b20,
  lienHolder: b32,
  lienAmount: u256,
  lienAgreement: b32,
  lienGateway: b32,
  lienHeight: u64,
});

export interface HoldingRecord {
  readonly balance: bigint;
}
export const holdingRecordCodec: Codec<HoldingRecord> = struct<HoldingRecord>({ balance: u128 });

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

export interface CredentialRecord {
  readonly credentialId: Uint8Array;
  readonly homeGateway: Uint8Array;
  readonly issuers: readonly Uint8Array[];
  /** bit i = issuer i has confirmed */
  readonly confirmed: number;
  readonly ownerCommitment: Uint8Array;
  readonly dataDigest: Uint8Array;
  readonly purpose: number;
  readonly classification: number;
  readonly granted: bigint;
  readonly inFlight: bigint;
  readonly expiryMs: bigint;
  readonly revokedAtMs: bigint;
  readonly policyHash: Uint8Array;
  readonly title: string;
  /** gateways that hold or held a position, the home first */
  readonly gateways: readonly Uint8Array[];
}
export const credentialRecordCodec: Codec<CredentialRecord> = struct<CredentialRecord>({
  credentialId: b32,
  homeGateway: b32,
  issuers: list(b20, 9),
  confirmed: u16,
  ownerCommitment: b32,
  dataDigest: b32,
  purpose: u32,
  classification: u8,
  granted: u64,
  inFlight: u64,
  expiryMs: u64,
  revokedAtMs: u64,
  policyHash: b32,
  title: text(128),
  gateways: list(b32, 64),
});

export interface CredentialPositionRecord {
  readonly granteeCommitment: Uint8Array;
  readonly remaining: bigint;
  readonly used: bigint;
  readonly leaseUntilMs: bigint;
}
export const credentialPositionRecordCodec: Codec<CredentialPositionRecord> =
  struct<CredentialPositionRecord>({
    granteeCommitment: b32,
    remaining: u64,
    used: u64,
    leaseUntilMs: u64,
  });

export interface HoldRecord {
  readonly holdId: Uint8Array;
  readonly subjectKind: number;
  readonly subject: Uint8Array;
  readonly reason: number;
  readonly legalBasis: string;
  readonly authority: Uint8Array;
  readonly placedAtMs: bigint;
  readonly holdUntilMs: bigint;
  readonly onExpiry: number;
  readonly lifted: boolean;
}
export const holdRecordCodec: Codec<HoldRecord> = struct<HoldRecord>({
  holdId: b32,
  subjectKind: u8,
  subject: b32,
  reason: u16,
  legalBasis: text(256),
  authority: b20,
  placedAtMs: u64,
  holdUntilMs: u64,
  onExpiry: u8,
  lifted: bool,
});

/** The newest checkpoint of a suite, and whether > 2/3 of the power has signed it. */
export interface LatestCheckpointRecord {
  /** last height for which a checkpoint was due */
  readonly dueHeight: bigint;
  readonly dueTimeMs: bigint;
  /** last height with a quorum of signatures */
  readonly completeHeight: bigint;
}
export const latestCheckpointRecordCodec: Codec<LatestCheckpointRecord> =
  struct<LatestCheckpointRecord>({
    dueHeight: u64,
    dueTimeMs: u64,
    completeHeight: u64,
  });
