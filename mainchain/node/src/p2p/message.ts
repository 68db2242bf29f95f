import {
  b32,
  type Codec,
  CodecError,
  decode,
  encode,
  list,
  MAX_BLOCK_BYTES,
  MAX_TRANSACTION_BYTES,
  type SignedProposal,
  type SignedVote,
  signedProposalCodec,
  signedVoteCodec,
  struct,
  u8,
  u16,
  u32,
  u64,
  varBytes,
} from "@ropenet/protocol";
import type { Lane } from "./lanes.ts";

/** Where a node is: sent on connect, whenever it changes, and once a second. */
export interface StatusMessage {
  readonly kind: "status";
  /** the height being decided */
  readonly height: bigint;
  /** its round + 1; 0 = idle */
  readonly roundPlusOne: number;
  /** the highest height whose block and commit this node can serve */
  readonly committed: bigint;
}
export interface ProposalMessage {
  readonly kind: "proposal";
  readonly proposal: SignedProposal;
  /** the encoded block; empty when the receiver is thought to have it, or can make it from the outline */
  readonly block: Uint8Array;
  /** an encoded BlockOutline, or empty */
  readonly outline: Uint8Array;
}
export interface SyncedBlock {
  /** encoded */
  readonly block: Uint8Array;
  readonly commit: Uint8Array;
}

export type PeerMessage =
  | StatusMessage
  | { readonly kind: "vote"; readonly vote: SignedVote }
  | ProposalMessage
  | { readonly kind: "blockRequest"; readonly height: bigint; readonly blockId: Uint8Array }
  | { readonly kind: "block"; readonly block: Uint8Array }
  | { readonly kind: "syncRequest"; readonly from: bigint; readonly limit: number }
  | {
      readonly kind: "syncResponse";
      readonly from: bigint;
      readonly blocks: readonly SyncedBlock[];
    }
  | { readonly kind: "transactions"; readonly transactions: readonly Uint8Array[] }
  | { readonly kind: "snapshotRequest" }
  /** encoded, of the newest snapshot; empty if there is none */
  | { readonly kind: "snapshotOffer"; readonly manifest: Uint8Array }
  | PieceRequestMessage
  /** `bytes` is empty if that piece is not there */
  | (Omit<PieceRequestMessage, "kind"> & { readonly kind: "piece"; readonly bytes: Uint8Array });

export interface PieceRequestMessage {
  readonly kind: "pieceRequest";
  readonly height: bigint;
  /** 0: state, 1: chain */
  readonly part: number;
  readonly index: number;
}

type Kind = PeerMessage["kind"];
type Body<K extends Kind> = Omit<Extract<PeerMessage, { kind: K }>, "kind">;

export const MAX_SYNC_BLOCKS = 64;
export const MAX_GOSSIP_TRANSACTIONS = 512;
/** 256 signatures of 64 bytes and their bitmap */
const MAX_COMMIT_BYTES = 20_000;
/** 20,000 names of 8 bytes, and what a block has beside its transactions */
const MAX_OUTLINE_BYTES = 256 * 1024;
/** 65,536 hashes and what is around them */
const MAX_MANIFEST_BYTES = 3 * 1024 * 1024;
/** one MiB, or one state entry of the greatest length */
const MAX_PIECE_BYTES = 2 * 1024 * 1024;

const bodies: { readonly [K in Kind]: Codec<Body<K>> } = {
  status: struct<Body<"status">>({ height: u64, roundPlusOne: u32, committed: u64 }),
  vote: struct<Body<"vote">>({ vote: signedVoteCodec }),
  proposal: struct<Body<"proposal">>({
    proposal: signedProposalCodec,
    block: varBytes(MAX_BLOCK_BYTES),
    outline: varBytes(MAX_OUTLINE_BYTES),
  }),
  blockRequest: struct<Body<"blockRequest">>({ height: u64, blockId: b32 }),
  block: struct<Body<"block">>({ block: varBytes(MAX_BLOCK_BYTES) }),
  syncRequest: struct<Body<"syncRequest">>({ from: u64, limit: u16 }),
  syncResponse: struct<Body<"syncResponse">>({
    from: u64,
    blocks: list(
      struct<SyncedBlock>({ block: varBytes(MAX_BLOCK_BYTES), commit: varBytes(MAX_COMMIT_BYTES) }),
      MAX_SYNC_BLOCKS,
    ),
  }),
  transactions: struct<Body<"transactions">>({
    transactions: list(varBytes(MAX_TRANSACTION_BYTES + 512), MAX_GOSSIP_TRANSACTIONS),
  }),
  snapshotRequest: struct<Body<"snapshotRequest">>({}),
  snapshotOffer: struct<Body<"snapshotOffer">>({ manifest: varBytes(MAX_MANIFEST_BYTES) }),
  pieceRequest: struct<Body<"pieceRequest">>({ height: u64, part: u8, index: u32 }),
  piece: struct<Body<"piece">>({
    height: u64,
    part: u8,
    index: u32,
    bytes: varBytes(MAX_PIECE_BYTES),
  }),
};

/** Positions are the wire tags. */
const kinds: readonly Kind[] = [
  "status",
  "vote",
  "proposal",
  "blockRequest",
  "block",
  "syncRequest",
  "syncResponse",
  "transactions",
  "snapshotRequest",
  "snapshotOffer",
  "pieceRequest",
  "piece",
];

const messageCodec: Codec<PeerMessage> = {
  write(writer, message, field): void {
    u8.write(writer, kinds.indexOf(message.kind) + 1, field);
    (bodies[message.kind] as Codec<PeerMessage>).write(writer, message, field);
  },
  read(reader, field): PeerMessage {
    const tag = u8.read(reader, field);
    const kind = kinds[tag - 1];
    if (!kind) throw new CodecError({ code: "codec/bad-tag", field, tag });
    return { kind, ...bodies[kind].read(reader, field) } as PeerMessage;
  },
};

export const LANE_OF: { readonly [K in Kind]: Lane } = {
  status: "vote",
  vote: "vote",
  proposal: "proposal",
  blockRequest: "proposal",
  block: "proposal",
  syncRequest: "sync",
  syncResponse: "sync",
  transactions: "transaction",
  snapshotRequest: "sync",
  snapshotOffer: "sync",
  pieceRequest: "sync",
  piece: "sync",
};

export interface MessageFacts {
  readonly lane: Lane;
  /** asks for more than it brings */
  readonly isRequest: boolean;
}

const REQUESTS: ReadonlySet<Kind> = new Set<Kind>([
  "blockRequest",
  "syncRequest",
  "snapshotRequest",
  "pieceRequest",
]);

/** What the first byte says; undefined if no message begins so. */
export function factsOf(bytes: Uint8Array): MessageFacts | undefined {
  const kind = kinds[(bytes[0] ?? 0) - 1];
  return kind && { lane: LANE_OF[kind], isRequest: REQUESTS.has(kind) };
}

export const encodeMessageFrame = (message: PeerMessage): Uint8Array =>
  encode(messageCodec, message);

/** @throws {CodecError} */
export const decodeMessageFrame = (bytes: Uint8Array): PeerMessage => decode(messageCodec, bytes);
