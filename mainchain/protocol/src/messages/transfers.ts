import { b32, type Codec, struct, u16, u32, u64, u128, u256, varBytes } from "../codec/codec.ts";
import { type ProofAnchor, proofAnchorCodec, type TrieNodes, trieNodesCodec } from "./proofs.ts";

/** The rope as the first strand of a transfer. */
export interface SendAsset {
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

export const sendAssetCodec: Codec<SendAsset> = struct<SendAsset>({
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

/** The strand's own books of one asset at a proven height (docs/protocol.md §4.3). */
export interface ObserveBooks {
  readonly anchor: ProofAnchor;
  readonly assetId: Uint8Array;
  readonly out: bigint;
  readonly in: bigint;
  readonly refunded: bigint;
  readonly balance: bigint;
  readonly outProof: TrieNodes;
  readonly inProof: TrieNodes;
  readonly refundedProof: TrieNodes;
  readonly balanceProof: TrieNodes;
}

export const observeBooksCodec: Codec<ObserveBooks> = struct<ObserveBooks>({
  anchor: proofAnchorCodec,
  assetId: b32,
  out: u256,
  in: u256,
  refunded: u256,
  balance: u256,
  outProof: trieNodesCodec,
  inProof: trieNodesCodec,
  refundedProof: trieNodesCodec,
  balanceProof: trieNodesCodec,
});
