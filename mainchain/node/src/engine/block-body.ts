import {
  type Block,
  blockCodec,
  blockIdOf,
  type Commit,
  commitCodec,
  commitHash,
  decode,
  EMPTY_COMMIT,
  encode,
  equalBytes,
  evidenceHash,
  type Header,
  MAX_BLOCK_BYTES,
  transactionsRoot,
  ZERO_32,
} from "@ropenet/protocol";
import { BlockError } from "./block-errors.ts";

/** A block whose body is the one that its header commits to. */
export interface BoundBlock {
  readonly blockId: Uint8Array;
  readonly block: Block;
  readonly bytes: Uint8Array;
}

export function lastCommitHashOf(height: bigint, lastCommit: Commit): Uint8Array {
  return height === 1n ? ZERO_32 : commitHash(lastCommit);
}

/**
 * Whoever relays a block cannot make it invalid by changing its body: such bytes are refused here and the id
 * stays unjudged.
 * @throws {CodecError} | {BlockError} `block/wrong-body`, `block/too-long`
 */
export function readBlock(bytes: Uint8Array): BoundBlock {
  if (bytes.length > MAX_BLOCK_BYTES) {
    throw new BlockError({ code: "block/too-long", length: bytes.length, limit: MAX_BLOCK_BYTES });
  }
  const block = decode(blockCodec, bytes);
  const part = differingPart(block);
  if (part) throw new BlockError({ code: "block/wrong-body", part });
  return { blockId: blockIdOf(block.header), block, bytes };
}

/** The same for a block put together here; undefined if its body is another than the header's. */
export function bindBody(block: Block, bytes: Uint8Array): BoundBlock | undefined {
  if (bytes.length > MAX_BLOCK_BYTES || differingPart(block)) return undefined;
  return { blockId: blockIdOf(block.header), block, bytes };
}

function differingPart({ header, lastCommit, evidence, transactions }: Block): string | undefined {
  const isFirst = header.height === 1n;
  if (isFirst && !equalBytes(encode(commitCodec, lastCommit), encode(commitCodec, EMPTY_COMMIT))) {
    return "lastCommit";
  }
  if (!equalBytes(header.lastCommitHash, lastCommitHashOf(header.height, lastCommit))) {
    return "lastCommit";
  }
  if (!equalBytes(header.evidenceHash, evidenceHash(evidence))) return "evidence";
  if (!equalBytes(header.transactionsRoot, transactionsRoot(transactions))) return "transactions";
  return undefined;
}

export function bindBlock(
  header: Omit<Header, "lastCommitHash" | "evidenceHash" | "transactionsRoot">,
  body: Omit<Block, "header">,
): BoundBlock {
  const full: Header = {
    ...header,
    lastCommitHash: lastCommitHashOf(header.height, body.lastCommit),
    evidenceHash: evidenceHash(body.evidence),
    transactionsRoot: transactionsRoot(body.transactions),
  };
  const block: Block = { header: full, ...body };
  return { blockId: blockIdOf(full), block, bytes: encode(blockCodec, block) };
}
