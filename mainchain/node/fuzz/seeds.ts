import {
  type Block,
  bytesToHex,
  type Commit,
  commitCodec,
  type DuplicateVote,
  decodeTransaction,
  duplicateVoteCodec,
  encode,
  proposalSignBytes,
  type SignedProposal,
  type SignedVote,
  sm2,
  sm3,
  VOTE_TYPE,
  type Vote,
  voteSignBytes,
} from "@ropenet/protocol";
import type { BoundBlock } from "../src/engine/block-body.ts";
import { encodeOutline } from "../src/engine/block-outline.ts";
import type { NodeKeys } from "../src/keys.ts";
import { encodeMessageFrame, type PeerMessage } from "../src/p2p/message.ts";
import { type Manifest, manifestCodec, SNAPSHOT_VERSION } from "../src/snapshot/manifest.ts";
import { piecesOf } from "../src/snapshot/pieces.ts";
import { type NodeUnderTest, transferOf } from "./node-under-test.ts";
import type { Random } from "./random.ts";

/** Valid things of every kind, of which the fuzzer makes invalid ones. */
export interface Seeds {
  readonly bound: BoundBlock;
  readonly block: Block;
  readonly transactions: readonly Uint8Array[];
  readonly frames: readonly Uint8Array[];
  readonly commit: Uint8Array;
  readonly evidence: Uint8Array;
  readonly outline: Uint8Array;
  readonly manifest: Uint8Array;
  readonly piece: Uint8Array;
  readonly rpc: readonly unknown[];
}

const NONE = new Uint8Array(0);

export function signVote(node: NodeUnderTest, keys: NodeKeys, vote: Vote): SignedVote {
  const signature = sm2.sign(voteSignBytes(node.ledger.chainId, vote), keys.secretKey);
  return { ...vote, signature };
}

export function createSeeds(node: NodeUnderTest, random: Random): Seeds {
  const transactions = Array.from({ length: 8 }, (_, index) => transferOf(node, BigInt(index)));
  const [first] = node.validators;
  if (!first) throw new Error("no validator");
  const bound = node.ledger.build({
    transactions,
    lastCommit: node.ledger.tip().commit,
    proposer: first.address,
    nowMs: BigInt(Date.now()),
  });
  const { blockId, bytes, block } = bound;
  const vote: Vote = {
    type: VOTE_TYPE.prevote,
    height: 1n,
    round: 0,
    blockId,
    validator: first.address,
  };
  const signed = signVote(node, first, vote);
  const other = signVote(node, first, { ...vote, blockId: random.bytes(32) });
  const proposal = { height: 1n, round: 0, polRound: -1, blockId, proposer: first.address };
  const signedProposal: SignedProposal = {
    ...proposal,
    signature: sm2.sign(proposalSignBytes(node.ledger.chainId, proposal), first.secretKey),
  };
  const ids = transactions.map((transaction) => decodeTransaction(transaction).id);
  const outline = encodeOutline(bound, ids);
  const commit = encode(commitCodec, commitOf(node, bound));
  const piece = [...piecesOf(node.home.runtime.snapshots.entries(0n))][0] ?? NONE;
  const manifest = encode(manifestCodec, manifestOf(node, piece));
  const messages: readonly PeerMessage[] = [
    { kind: "status", height: 1n, roundPlusOne: 1, committed: 0n },
    { kind: "vote", vote: signed },
    { kind: "proposal", proposal: signedProposal, block: bytes, outline: NONE },
    { kind: "proposal", proposal: signedProposal, block: NONE, outline },
    { kind: "proposal", proposal: signedProposal, block: NONE, outline: NONE },
    { kind: "blockRequest", height: 1n, blockId },
    { kind: "block", block: bytes },
    { kind: "syncRequest", from: 1n, limit: 64 },
    { kind: "syncResponse", from: 1n, blocks: [{ block: bytes, commit }] },
    { kind: "transactions", transactions },
    { kind: "snapshotRequest" },
    { kind: "snapshotOffer", manifest },
    { kind: "pieceRequest", height: 1n, part: 0, index: 0 },
    { kind: "piece", height: 1n, part: 0, index: 0, bytes: piece },
  ];
  const evidence: DuplicateVote = { first: signed, second: other };
  return {
    bound,
    block,
    transactions,
    frames: messages.map(encodeMessageFrame),
    commit,
    outline,
    manifest,
    piece,
    evidence: encode(duplicateVoteCodec, evidence),
    rpc: rpcCalls(transactions[0] ?? new Uint8Array(0)),
  };
}

function manifestOf({ ledger, home }: NodeUnderTest, piece: Uint8Array): Manifest {
  const { chainId, genesisHash } = ledger;
  const { stateRoot } = home.runtime.application.info();
  const at = { height: 0n, timeMs: 0n, stateRoot, entries: 1n };
  const pieces = { state: [sm3(piece)], chain: [sm3(piece)] };
  return { version: SNAPSHOT_VERSION, chainId, genesisHash, ...at, ...pieces };
}

/** Signed by three of four. */
function commitOf(node: NodeUnderTest, { blockId }: BoundBlock): Commit {
  const set = node.ledger.validators();
  const signers = node.validators.filter((_, index) => index < 3);
  const bitmap = new Uint8Array(1);
  const signatures: Uint8Array[] = [];
  for (const [index, { address }] of set.entries()) {
    const keys = signers.find((one) => bytesToHex(one.address) === bytesToHex(address));
    if (!keys) continue;
    bitmap[0] = (bitmap[0] ?? 0) | (1 << index);
    const vote: Vote = {
      type: VOTE_TYPE.precommit,
      height: 1n,
      round: 0,
      blockId,
      validator: address,
    };
    signatures.push(signVote(node, keys, vote).signature);
  }
  return { height: 1n, round: 0, blockId, bitmap, signatures };
}

function rpcCalls(transaction: Uint8Array): readonly unknown[] {
  const id = "ab".repeat(32);
  const params: Readonly<Record<string, unknown>> = {
    status: {},
    genesis: {},
    broadcast_tx: { tx: bytesToHex(transaction) },
    tx: { id },
    block: { height: "1" },
    signed_header: { height: "1" },
    block_results: { height: "1" },
    state: { key: "00", height: "0" },
    state_range: { from: "00", to: "ff", limit: 10 },
    account: { address: "ab".repeat(20) },
    outbox_proof: { gateway: id, index: "0", checkpointHeight: "0" },
    checkpoint: { suite: 1, height: "0" },
    net_info: {},
    node_info: { limit: 1 },
    subscribe: { topic: "blocks" },
  };
  return Object.entries(params).map(([method, one], index) => ({
    jsonrpc: "2.0",
    id: index,
    method,
    params: one,
  }));
}
