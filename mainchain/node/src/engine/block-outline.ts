import {
  type Block,
  blockCodec,
  type Codec,
  commitCodec,
  concatBytes,
  decode,
  duplicateVoteCodec,
  encode,
  type Header,
  headerCodec,
  list,
  MAX_BLOCK_BYTES,
  MAX_BLOCK_TRANSACTIONS,
  struct,
  u32,
  varBytes,
} from "@ropenet/protocol";
import { type BoundBlock, bindBody } from "./block-body.ts";

/** Names may collide by chance or by design; then the header's root tells, and the block is asked for. */
export const NAME_BYTES = 8;

/** A block whose transactions are named, not sent: whoever has them in the mempool can put it together. */
interface BlockOutline {
  readonly header: Header;
  readonly lastCommit: Block["lastCommit"];
  readonly evidence: Block["evidence"];
  /** the first bytes of each transaction's id */
  readonly names: Uint8Array;
}

const outlineCodec: Codec<BlockOutline> = struct<BlockOutline>({
  header: headerCodec,
  lastCommit: commitCodec,
  evidence: list(duplicateVoteCodec, 64),
  names: varBytes(MAX_BLOCK_TRANSACTIONS * NAME_BYTES, u32),
});

export function nameOf(id: Uint8Array): Uint8Array {
  return id.subarray(0, NAME_BYTES);
}

/** @param ids of the block's transactions, in order */
export function encodeOutline({ block }: BoundBlock, ids: readonly Uint8Array[]): Uint8Array {
  const { header, lastCommit, evidence } = block;
  return encode(outlineCodec, {
    header,
    lastCommit,
    evidence,
    names: concatBytes(...ids.map(nameOf)),
  });
}

/**
 * The block that an outline speaks of; undefined if `find` lacks one of its transactions or has another of that name,
 * if one is named twice, or if they are too long for a block.
 * @throws {CodecError} if the bytes are no outline
 */
export function rebuildBlock(
  bytes: Uint8Array,
  find: (name: Uint8Array) => Uint8Array | undefined,
): BoundBlock | undefined {
  const { names, ...rest } = decode(outlineCodec, bytes);
  const transactions: Uint8Array[] = [];
  const seen = new Set<Uint8Array>();
  let length = 0;
  for (let at = 0; at + NAME_BYTES <= names.length; at += NAME_BYTES) {
    const transaction = find(names.subarray(at, at + NAME_BYTES));
    // A name takes eight bytes and stands for many: nothing is put together that could not be a block.
    if (!transaction || seen.has(transaction)) return undefined;
    seen.add(transaction);
    length += transaction.length;
    if (length > MAX_BLOCK_BYTES) return undefined;
    transactions.push(transaction);
  }
  const block: Block = { ...rest, transactions };
  return bindBody(block, encode(blockCodec, block));
}
