import {
  b32,
  type Codec,
  choice,
  decode,
  encode,
  i8,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  u128,
  varBytes,
} from "../codec/codec.ts";
import { digest, type Suite } from "../hash.ts";

export const PROTOCOL_VERSION: 1 = 1;
export const MAX_PAYLOAD_BYTES: 4096 = 4096;
export const PACKET_BYTES: 220 = 220;
/** Of either leg. What asks for more could be delivered by nobody. */
export const MAX_GAS_LIMIT: 2_000_000 = 2_000_000;
/** How far ahead a leg's timeout may lie of the time at which it is given. */
export const MAX_TIMEOUT_MS: bigint = 30n * 24n * 60n * 60n * 1_000n;
/** Amounts are u128, in origin units. */
export const MAX_AMOUNT: bigint = (1n << 128n) - 1n;

export const PACKET_KIND: { readonly asset: 1; readonly credential: 2; readonly control: 3 } = {
  asset: 1,
  credential: 2,
  control: 3,
};

export const LANE_DEFAULT: 0 = 0;
/** The ordered lane rope → strand that carries configuration. */
export const LANE_CONTROL: 0x8001 = 0x8001;

export function isOrderedLane(lane: number): boolean {
  return (lane & 0x8000) !== 0;
}

/** 220 bytes. Source: docs/protocol.md §1. */
export interface Packet {
  readonly version: number;
  readonly kind: number;
  readonly lane: number;
  /** from 1, per (source, destination, lane) */
  readonly sequence: bigint;
  readonly sourceGateway: Uint8Array;
  readonly destinationGateway: Uint8Array;
  /** leg 1: zero; leg 2: hash of the leg-1 packet */
  readonly transferId: Uint8Array;
  readonly sender: Uint8Array;
  readonly recipient: Uint8Array;
  readonly timeoutMs: bigint;
  readonly gasLimit: number;
  readonly payloadLength: number;
  readonly payloadHash: Uint8Array;
}

export const packetCodec: Codec<Packet> = struct<Packet>({
  version: u8,
  kind: u8,
  lane: u16,
  sequence: u64,
  sourceGateway: b32,
  destinationGateway: b32,
  transferId: b32,
  sender: b32,
  recipient: b32,
  timeoutMs: u64,
  gasLimit: u32,
  payloadLength: u32,
  payloadHash: b32,
});

/** `amount` is in origin units. */
export interface AssetPayload {
  readonly assetId: Uint8Array;
  readonly tokenId: Uint8Array;
  readonly amount: bigint;
  readonly finalGateway: Uint8Array;
  readonly finalRecipient: Uint8Array;
  readonly finalTimeoutMs: bigint;
  readonly finalGasLimit: number;
  readonly obligationId: Uint8Array;
  readonly memo: Uint8Array;
}

export const assetPayloadCodec: Codec<AssetPayload> = struct<AssetPayload>({
  assetId: b32,
  tokenId: b32,
  amount: u128,
  finalGateway: b32,
  finalRecipient: b32,
  finalTimeoutMs: u64,
  finalGasLimit: u32,
  obligationId: b32,
  memo: varBytes(256, u16),
});

export const CREDENTIAL_ACTION: {
  readonly delegate: 1;
  readonly return: 2;
  readonly revoke: 3;
  readonly usage: 4;
} = { delegate: 1, return: 2, revoke: 3, usage: 4 };

/** 206 bytes; carries what a strand needs to enforce purpose and narrowing (docs/adr/0003). */
export interface CredentialPayload {
  readonly action: number;
  readonly credentialId: Uint8Array;
  readonly quota: bigint;
  readonly leaseUntilMs: bigint;
  readonly scalar: bigint;
  readonly finalGateway: Uint8Array;
  readonly finalGrantee: Uint8Array;
  readonly homeGateway: Uint8Array;
  readonly purpose: number;
  /** 1 一般 · 2 重要 · 3 核心 */
  readonly classification: number;
  readonly expiryMs: bigint;
  readonly revokedAtMs: bigint;
  readonly policyHash: Uint8Array;
}

export const credentialPayloadCodec: Codec<CredentialPayload> = struct<CredentialPayload>({
  action: u8,
  credentialId: b32,
  quota: u64,
  leaseUntilMs: u64,
  scalar: u64,
  finalGateway: b32,
  finalGrantee: b32,
  homeGateway: b32,
  purpose: u32,
  classification: u8,
  expiryMs: u64,
  revokedAtMs: u64,
  policyHash: b32,
});

export const CONTROL_ACTION: {
  readonly registerAsset: 1;
  readonly freeze: 2;
  readonly unfreeze: 3;
} = {
  registerAsset: 1,
  freeze: 2,
  unfreeze: 3,
};

export const REPRESENTATION_MODE: { readonly origin: 1; readonly voucher: 2 } = {
  origin: 1,
  voucher: 2,
};

export interface RegisterAssetControl {
  readonly action: 1;
  readonly assetId: Uint8Array;
  readonly assetClass: number;
  readonly mode: number;
  readonly localId: Uint8Array;
  readonly originGateway: Uint8Array;
  readonly decimals: number;
  readonly scale: number;
  readonly name: string;
  readonly symbol: string;
}

export interface FreezeControl {
  readonly action: 2 | 3;
  readonly assetId: Uint8Array;
}

export type ControlPayload = RegisterAssetControl | FreezeControl;

const controlAction: Codec<1 | 2 | 3> = choice<1 | 2 | 3>(1, 2, 3);

const registerAssetBody: Codec<Omit<RegisterAssetControl, "action">> = struct<
  Omit<RegisterAssetControl, "action">
>({
  assetId: b32,
  assetClass: u8,
  mode: u8,
  localId: b32,
  originGateway: b32,
  decimals: u8,
  scale: i8,
  name: text(64, u8),
  symbol: text(16, u8),
});

export const controlPayloadCodec: Codec<ControlPayload> = {
  write(writer, value, field): void {
    u8.write(writer, value.action, field);
    if (value.action === CONTROL_ACTION.registerAsset)
      registerAssetBody.write(writer, value, field);
    else b32.write(writer, value.assetId, "assetId");
  },
  read(reader, field): ControlPayload {
    const action = controlAction.read(reader, field);
    if (action === CONTROL_ACTION.registerAsset)
      return { action, ...registerAssetBody.read(reader, field) };
    return { action, assetId: b32.read(reader, "assetId") };
  },
};

/** H(payload) under the suite of the leg. */
export function payloadHash(suite: Suite, payload: Uint8Array): Uint8Array {
  return digest(suite, "payload", payload);
}

/** The identity of a packet on its leg. */
export function packetHash(suite: Suite, packet: Packet): Uint8Array {
  return digest(suite, "packet", encode(packetCodec, packet));
}

export const decodePacket = (bytes: Uint8Array): Packet => decode(packetCodec, bytes);
