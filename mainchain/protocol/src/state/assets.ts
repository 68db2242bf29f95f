import {
  b20,
  b32,
  bool,
  type Codec,
  choice,
  i8,
  struct,
  text,
  u8,
  u32,
  u64,
  u128,
  u256,
} from "../codec/codec.ts";

/** `assetClass` of an asset: one unit like another, or titles by token id. */
export const ASSET_CLASS: { readonly fungible: 1; readonly unique: 2 } = { fungible: 1, unique: 2 };

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

/** Where a unique asset is, and what is known to encumber it. */
export interface TitleRecord {
  /** zero while in flight or held */
  readonly location: Uint8Array;
  /** the strand to which it is in flight, otherwise zero: it may come back from there before the receipt does */
  readonly towards: Uint8Array;
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
  towards: b32,
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
