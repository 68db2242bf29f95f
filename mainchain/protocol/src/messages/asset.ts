import { b20, b32, type Codec, i8, struct, text, u8, u64, u128, u256 } from "../codec/codec.ts";
import { type ProofAnchor, proofAnchorCodec, type TrieNodes, trieNodesCodec } from "./proofs.ts";

/** assetId follows from originGateway, assetClass and nativeId. */
export interface RegisterAsset {
  readonly originGateway: Uint8Array;
  /** 1 fungible, 2 unique */
  readonly assetClass: number;
  readonly nativeId: Uint8Array;
  readonly decimals: number;
  readonly name: string;
  readonly symbol: string;
  readonly classification: number;
  readonly attributesHash: Uint8Array;
}

export const registerAssetCodec: Codec<RegisterAsset> = struct<RegisterAsset>({
  originGateway: b32,
  assetClass: u8,
  nativeId: b32,
  decimals: u8,
  name: text(64),
  symbol: text(16),
  classification: u8,
  attributesHash: b32,
});

/** Emits the register-asset control packet to the gateway. netLimit 0 = no limit. */
export interface AddRepresentation {
  readonly assetId: Uint8Array;
  readonly gateway: Uint8Array;
  readonly localId: Uint8Array;
  readonly decimals: number;
  readonly scale: number;
  readonly netLimit: bigint;
  readonly windowMs: bigint;
}

export const addRepresentationCodec: Codec<AddRepresentation> = struct<AddRepresentation>({
  assetId: b32,
  gateway: b32,
  localId: b32,
  decimals: u8,
  scale: i8,
  netLimit: u128,
  windowMs: u64,
});

/** Only for assets whose origin is the rope; only by the asset's registrant. */
export interface IssueAsset {
  readonly assetId: Uint8Array;
  readonly tokenId: Uint8Array;
  readonly amount: bigint;
  readonly to: Uint8Array;
}

export const issueAssetCodec: Codec<IssueAsset> = struct<IssueAsset>({
  assetId: b32,
  tokenId: b32,
  amount: u128,
  to: b20,
});

/** Between accounts of the rope. */
export interface TransferAsset {
  readonly assetId: Uint8Array;
  readonly tokenId: Uint8Array;
  readonly amount: bigint;
  readonly to: Uint8Array;
}

export const transferAssetCodec: Codec<TransferAsset> = issueAssetCodec;

/** Pledges a title to `creditor` on the rope; refused with `asset/encumbered` if a proven lien stands. */
export interface PledgeAsset {
  readonly assetId: Uint8Array;
  readonly tokenId: Uint8Array;
  readonly creditor: Uint8Array;
  readonly amount: bigint;
  readonly agreement: Uint8Array;
}

export const pledgeAssetCodec: Codec<PledgeAsset> = struct<PledgeAsset>({
  assetId: b32,
  tokenId: b32,
  creditor: b20,
  amount: u128,
  agreement: b32,
});

/** The creditor gives a pledge of the rope back, whole. */
export interface ReleasePledge {
  readonly assetId: Uint8Array;
  readonly tokenId: Uint8Array;
}

export const releasePledgeCodec: Codec<ReleasePledge> = struct<ReleasePledge>({
  assetId: b32,
  tokenId: b32,
});

/** The lien slot of a strand's gateway; amount 0 and zero holder prove that the title is free. */
export interface ObserveLien {
  readonly anchor: ProofAnchor;
  readonly assetId: Uint8Array;
  readonly tokenId: Uint8Array;
  readonly lienHolder: Uint8Array;
  readonly amount: bigint;
  readonly agreement: Uint8Array;
  readonly proof: TrieNodes;
}

export const observeLienCodec: Codec<ObserveLien> = struct<ObserveLien>({
  anchor: proofAnchorCodec,
  assetId: b32,
  tokenId: b32,
  lienHolder: b32,
  amount: u256,
  agreement: b32,
  proof: trieNodesCodec,
});
