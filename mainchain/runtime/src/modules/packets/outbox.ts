import {
  concatBytes,
  encode,
  OUTBOX_DEPTH,
  type OutboxEntryRecord,
  type OutboxRecord,
  outboxEntryRecordCodec,
  outboxLeaf,
  outboxNode,
  outboxRecordCodec,
  type Suite,
  stateKey,
  u8,
  u64,
  utf8ToBytes,
  ZERO_32,
  zeroSubtrees,
} from "@ropenet/protocol";
import { type Context, readRecord, type StateView, writeRecord } from "../../module.ts";

/** Where a finished inner node is kept for proofs: derived data, outside the state root. */
export function nodeKey(gateway: Uint8Array, level: number, index: bigint): Uint8Array {
  return concatBytes(utf8ToBytes("outbox-node/"), gateway, encode(u8, level), encode(u64, index));
}

export function emptyOutbox(suite: Suite): OutboxRecord {
  return {
    count: 0n,
    root: zeroSubtrees(suite)[OUTBOX_DEPTH] ?? ZERO_32,
    frontier: Array.from({ length: OUTBOX_DEPTH }, () => ZERO_32),
  };
}

export function readOutbox(state: StateView, gateway: Uint8Array, suite: Suite): OutboxRecord {
  return readRecord(state, stateKey.outbox(gateway), outboxRecordCodec) ?? emptyOutbox(suite);
}

/** Adds one leaf: 32 hashes, whatever the size of the tree. Source: docs/protocol.md §1, §9. */
export function appendLeaf(
  context: Context,
  gateway: Uint8Array,
  suite: Suite,
  entry: Omit<OutboxEntryRecord, "height">,
): bigint {
  const { state } = context;
  const outbox = readOutbox(state, gateway, suite);
  const index = outbox.count;
  const zeros = zeroSubtrees(suite);
  const frontier = [...outbox.frontier];
  let node = outboxLeaf(suite, index, entry.leafType, entry.bodyHash);
  let position = index;
  let settled = false;
  state.setIndex(nodeKey(gateway, 0, index), node);
  for (let level = 0; level < OUTBOX_DEPTH; level += 1) {
    const isRight = (position & 1n) === 1n;
    if (!isRight && !settled) {
      frontier[level] = node;
      settled = true;
    }
    node = isRight
      ? outboxNode(suite, frontier[level] ?? ZERO_32, node)
      : outboxNode(suite, node, zeros[level] ?? ZERO_32);
    position >>= 1n;
    // Complete once its last leaf is here: then it never changes again.
    if (((index + 1n) & ((1n << BigInt(level + 1)) - 1n)) === 0n) {
      state.setIndex(nodeKey(gateway, level + 1, position), node);
    }
  }
  writeRecord(state, stateKey.outbox(gateway), outboxRecordCodec, {
    count: index + 1n,
    root: node,
    frontier,
  });
  writeRecord(state, stateKey.outboxEntry(gateway, index), outboxEntryRecordCodec, {
    ...entry,
    height: context.height,
  });
  return index;
}

type ReadNode = (key: Uint8Array) => Uint8Array | undefined;

/** Root of the subtree of `level` at `position` when the tree held `count` leaves. */
function subtree(
  readNode: ReadNode,
  gateway: Uint8Array,
  suite: Suite,
  level: number,
  position: bigint,
  count: bigint,
): Uint8Array {
  const first = position << BigInt(level);
  const zeros = zeroSubtrees(suite);
  if (first >= count) return zeros[level] ?? ZERO_32;
  if (first + (1n << BigInt(level)) <= count) {
    const node = readNode(nodeKey(gateway, level, position));
    if (!node) throw new Error(`outbox node missing: level ${level}, position ${position}`);
    return node;
  }
  const left = subtree(readNode, gateway, suite, level - 1, position * 2n, count);
  return outboxNode(
    suite,
    left,
    subtree(readNode, gateway, suite, level - 1, position * 2n + 1n, count),
  );
}

/** The 32 siblings of leaf `index` in the tree of `count` leaves, leaf level first. */
export function outboxSiblings(
  readNode: ReadNode,
  gateway: Uint8Array,
  suite: Suite,
  index: bigint,
  count: bigint,
): readonly Uint8Array[] {
  return Array.from({ length: OUTBOX_DEPTH }, (_, level) =>
    subtree(readNode, gateway, suite, level, (index >> BigInt(level)) ^ 1n, count),
  );
}
