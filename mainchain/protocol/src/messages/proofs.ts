import { b32, type Codec, list, struct, u16, u64, varBytes } from "../codec/codec.ts";

/** RLP nodes of a Merkle-Patricia proof, root first. */
export type TrieNodes = readonly Uint8Array[];

export const trieNodesCodec: Codec<TrieNodes> = list(varBytes(1024, u16), 40);

/** Which proven state of which strand the proofs of a message refer to. */
export interface ProofAnchor {
  readonly gateway: Uint8Array;
  /** a height that the strand's client holds */
  readonly height: bigint;
  /** proves the gateway's account, hence its storage root and code hash */
  readonly accountProof: TrieNodes;
}

export const proofAnchorCodec: Codec<ProofAnchor> = struct<ProofAnchor>({
  gateway: b32,
  height: u64,
  accountProof: trieNodesCodec,
});
