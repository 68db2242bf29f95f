import { CodedError, concatBytes, equalBytes, sm3Many } from "@ropenet/crypto";
import {
  b20,
  b32,
  type Codec,
  decode,
  encode,
  fixedBytes,
  list,
  struct,
  u16,
  u32,
  u64,
  varBytes,
} from "../codec/codec.ts";
import { digest, SUITE_SM, tagBytes, ZERO_32 } from "../hash.ts";
import { MAX_TRANSACTION_BYTES } from "./transaction.ts";
import {
  MAX_VALIDATORS,
  quorum,
  totalPower,
  type ValidatorSet,
  validatorSetHash,
} from "./validator-set.ts";
import {
  type DuplicateVote,
  duplicateVoteCodec,
  type SignedVote,
  VOTE_TYPE,
  verifyVote,
} from "./vote.ts";

export const MAX_BLOCK_TRANSACTIONS: 20_000 = 20_000;
export const MAX_BLOCK_BYTES: number = 4 * 1024 * 1024;

export interface Header {
  readonly protocolVersion: number;
  readonly chainId: Uint8Array;
  readonly height: bigint;
  readonly timeMs: bigint;
  readonly lastBlockId: Uint8Array;
  /** hash of the commit of height − 1; zero at the first height */
  readonly lastCommitHash: Uint8Array;
  readonly transactionsRoot: Uint8Array;
  /** state root after executing height − 1 */
  readonly stateRoot: Uint8Array;
  readonly validatorsHash: Uint8Array;
  readonly nextValidatorsHash: Uint8Array;
  readonly evidenceHash: Uint8Array;
  readonly proposer: Uint8Array;
}

export const headerCodec: Codec<Header> = struct<Header>({
  protocolVersion: u16,
  chainId: b32,
  height: u64,
  timeMs: u64,
  lastBlockId: b32,
  lastCommitHash: b32,
  transactionsRoot: b32,
  stateRoot: b32,
  validatorsHash: b32,
  nextValidatorsHash: b32,
  evidenceHash: b32,
  proposer: b20,
});

/** > 2/3 of the power signed a precommit for one block. Signatures in the order of the set bits. */
export interface Commit {
  readonly height: bigint;
  readonly round: number;
  readonly blockId: Uint8Array;
  /** bit i (LSB first) = validator i of the height's set signed */
  readonly bitmap: Uint8Array;
  readonly signatures: readonly Uint8Array[];
}

export const commitCodec: Codec<Commit> = struct<Commit>({
  height: u64,
  round: u32,
  blockId: b32,
  bitmap: varBytes(MAX_VALIDATORS / 8, u16),
  signatures: list(fixedBytes(64), MAX_VALIDATORS),
});

export interface Block {
  readonly header: Header;
  /** of height − 1; at the first height: height 0, no signatures */
  readonly lastCommit: Commit;
  readonly evidence: readonly DuplicateVote[];
  readonly transactions: readonly Uint8Array[];
}

export const blockCodec: Codec<Block> = struct<Block>({
  header: headerCodec,
  lastCommit: commitCodec,
  evidence: list(duplicateVoteCodec, 64),
  transactions: list(varBytes(MAX_TRANSACTION_BYTES + 512), MAX_BLOCK_TRANSACTIONS, u32),
});

export const EMPTY_COMMIT: Commit = {
  height: 0n,
  round: 0,
  blockId: ZERO_32,
  bitmap: new Uint8Array(0),
  signatures: [],
};

export function blockIdOf(header: Header): Uint8Array {
  return digest(SUITE_SM, "header", encode(headerCodec, header));
}

export function commitHash(commit: Commit): Uint8Array {
  return digest(SUITE_SM, "commit", encode(commitCodec, commit));
}

export function evidenceHash(evidence: readonly DuplicateVote[]): Uint8Array {
  return digest(SUITE_SM, "evidence", encode(list(duplicateVoteCodec, 64), evidence));
}

/** Digest of a transaction with its signature: a leaf below `transactionsRoot`. */
export function transactionLeaves(transactions: readonly Uint8Array[]): readonly Uint8Array[] {
  const tag = tagBytes("tx-leaf");
  return sm3Many(transactions.map((bytes) => concatBytes(tag, bytes)));
}

/** Binary Merkle root over the transaction bytes; the count is inside, so that padding proves nothing. */
export function transactionsRoot(transactions: readonly Uint8Array[]): Uint8Array {
  return rootOfLeaves(transactionLeaves(transactions));
}

/** The same from `transactionLeaves`. */
export function rootOfLeaves(leaves: readonly Uint8Array[]): Uint8Array {
  const tag = tagBytes("tx-node");
  let level = leaves;
  while (level.length > 1) {
    const pairs: Uint8Array[] = [];
    for (let index = 0; index < level.length; index += 2) {
      pairs.push(concatBytes(tag, level[index] ?? ZERO_32, level[index + 1] ?? ZERO_32));
    }
    level = sm3Many(pairs);
  }
  return digest(SUITE_SM, "tx-root", encode(u32, leaves.length), level[0] ?? ZERO_32);
}

export const decodeBlock = (bytes: Uint8Array): Block => decode(blockCodec, bytes);

export type CommitErrorInfo =
  | { readonly code: "commit/wrong-block" }
  | { readonly code: "commit/wrong-set" }
  | { readonly code: "commit/bad-bitmap" }
  | { readonly code: "commit/bad-signature"; readonly validator: Uint8Array }
  | { readonly code: "commit/too-little-power"; readonly power: bigint; readonly needed: bigint };

export class CommitError extends CodedError<CommitErrorInfo> {}

/**
 * Checks that more than two thirds of the power of `validators` committed `header`.
 * The one rule by which nodes, light clients, browsers and offline evidence accept a header.
 * @throws {CommitError}
 */
export function verifyCommit(
  chainId: Uint8Array,
  validators: ValidatorSet,
  header: Header,
  commit: Commit,
): void {
  if (!equalBytes(header.chainId, chainId)) throw new CommitError({ code: "commit/wrong-block" });
  if (!equalBytes(validatorSetHash(validators), header.validatorsHash)) {
    throw new CommitError({ code: "commit/wrong-set" });
  }
  if (commit.height !== header.height || !equalBytes(commit.blockId, blockIdOf(header))) {
    throw new CommitError({ code: "commit/wrong-block" });
  }
  const power = signedPower(chainId, validators, commit);
  const needed = quorum(totalPower(validators));
  if (power < needed) throw new CommitError({ code: "commit/too-little-power", power, needed });
}

function signedPower(chainId: Uint8Array, validators: ValidatorSet, commit: Commit): bigint {
  if (commit.bitmap.length !== Math.ceil(validators.length / 8)) {
    throw new CommitError({ code: "commit/bad-bitmap" });
  }
  let power = 0n;
  let used = 0;
  for (let index = 0; index < commit.bitmap.length * 8; index += 1) {
    if ((((commit.bitmap[index >> 3] ?? 0) >> (index & 7)) & 1) === 0) continue;
    const validator = validators[index];
    const signature = commit.signatures[used];
    used += 1;
    if (!validator || !signature) throw new CommitError({ code: "commit/bad-bitmap" });
    const vote: SignedVote = {
      type: VOTE_TYPE.precommit,
      height: commit.height,
      round: commit.round,
      blockId: commit.blockId,
      validator: validator.address,
      signature,
    };
    if (!verifyVote(chainId, vote, validator.publicKey)) {
      throw new CommitError({ code: "commit/bad-signature", validator: validator.address });
    }
    power += validator.power;
  }
  if (used !== commit.signatures.length) throw new CommitError({ code: "commit/bad-bitmap" });
  return power;
}
