import { sm2 } from "@ropenet/crypto";
import {
  b20,
  b32,
  type Codec,
  choice,
  encode,
  fixedBytes,
  struct,
  u32,
  u64,
} from "../codec/codec.ts";
import { digest, SUITE_SM, ZERO_32 } from "../hash.ts";

export const VOTE_TYPE: { readonly prevote: 1; readonly precommit: 2 } = {
  prevote: 1,
  precommit: 2,
};
export type VoteType = 1 | 2;

/** `blockId` = 32 zero bytes is a vote for nil. */
export interface Vote {
  readonly type: VoteType;
  readonly height: bigint;
  readonly round: number;
  readonly blockId: Uint8Array;
  readonly validator: Uint8Array;
}

export interface SignedVote extends Vote {
  readonly signature: Uint8Array;
}

/** `polRound` + 1 is on the wire: 0 means none (−1). */
export interface Proposal {
  readonly height: bigint;
  readonly round: number;
  /** −1, or the round whose polka this re-proposes */
  readonly polRound: number;
  readonly blockId: Uint8Array;
  readonly proposer: Uint8Array;
}

export interface SignedProposal extends Proposal {
  readonly signature: Uint8Array;
}

const voteType: Codec<VoteType> = choice<VoteType>(1, 2);

export const signedVoteCodec: Codec<SignedVote> = struct<SignedVote>({
  type: voteType,
  height: u64,
  round: u32,
  blockId: b32,
  validator: b20,
  signature: fixedBytes(64),
});

const polRoundCodec: Codec<number> = {
  write: (writer, value, field) => u32.write(writer, value + 1, field),
  read: (reader, field) => u32.read(reader, field) - 1,
};

export const signedProposalCodec: Codec<SignedProposal> = struct<SignedProposal>({
  height: u64,
  round: u32,
  polRound: polRoundCodec,
  blockId: b32,
  proposer: b20,
  signature: fixedBytes(64),
});

export const NIL_BLOCK_ID: Uint8Array = ZERO_32;

export function isNil(blockId: Uint8Array): boolean {
  return blockId.every((byte) => byte === 0);
}

/** What a validator signs; the voter's address is not part of it, so a commit can be checked by bitmap. */
export function voteSignBytes(chainId: Uint8Array, vote: Omit<Vote, "validator">): Uint8Array {
  return digest(
    SUITE_SM,
    "vote",
    chainId,
    Uint8Array.of(vote.type),
    encode(u64, vote.height),
    encode(u32, vote.round),
    vote.blockId,
  );
}

export function proposalSignBytes(
  chainId: Uint8Array,
  proposal: Omit<Proposal, "proposer">,
): Uint8Array {
  return digest(
    SUITE_SM,
    "proposal",
    chainId,
    encode(u64, proposal.height),
    encode(u32, proposal.round),
    encode(polRoundCodec, proposal.polRound),
    proposal.blockId,
  );
}

export function verifyVote(chainId: Uint8Array, vote: SignedVote, publicKey: Uint8Array): boolean {
  return sm2.verify(vote.signature, voteSignBytes(chainId, vote), publicKey);
}

export function verifyProposal(
  chainId: Uint8Array,
  proposal: SignedProposal,
  publicKey: Uint8Array,
): boolean {
  return sm2.verify(proposal.signature, proposalSignBytes(chainId, proposal), publicKey);
}

/** Two different votes of one validator for one height, round and type. */
export interface DuplicateVote {
  readonly first: SignedVote;
  readonly second: SignedVote;
}

export const duplicateVoteCodec: Codec<DuplicateVote> = struct<DuplicateVote>({
  first: signedVoteCodec,
  second: signedVoteCodec,
});
