import {
  b32,
  bool,
  type Codec,
  CodedError,
  compareBytes,
  decode,
  encode,
  equalBytes,
  type KeyValueReader,
  struct,
  u64,
  type WriteBatch,
  type WriteOperation,
  ZERO_32,
} from "@ropenet/protocol";
import type { BlockState } from "./block-state.ts";
import { indexKey, metaKey, rootKey, staleKey, staleNode, valueKey } from "./key-space.ts";
import { proveKey } from "./prove.ts";
import type { NodeReference } from "./trie-node.ts";
import { type Change, updateTrie } from "./update-trie.ts";

/** Versions whose proofs are kept. Source: docs/architecture.md, state. */
export const KEPT_VERSIONS = 10_000n;
/** Stale nodes dropped per commit at most: more than a block makes stale, so pruning keeps up. */
const PRUNE_LIMIT = 20_000;

interface StoredRoot {
  readonly empty: boolean;
  readonly version: bigint;
  readonly hash: Uint8Array;
}

const storedRoot: Codec<StoredRoot> = struct<StoredRoot>({ empty: bool, version: u64, hash: b32 });

interface StoredHead {
  readonly height: bigint;
  readonly timeMs: bigint;
}

const storedHead: Codec<StoredHead> = struct<StoredHead>({ height: u64, timeMs: u64 });
const HEAD = metaKey(1);

export interface Head extends StoredHead {
  readonly root: NodeReference | undefined;
  readonly stateRoot: Uint8Array;
}

function readRoot(reader: KeyValueReader, version: bigint): NodeReference | undefined {
  const bytes = reader.get(rootKey(version));
  if (!bytes) {
    throw new CodedError({ code: "state/height-pruned", height: version });
  }
  const stored = decode(storedRoot, bytes);
  return stored.empty ? undefined : { version: stored.version, hash: stored.hash };
}

/** The last committed height with its root; undefined before genesis. */
export function readHead(reader: KeyValueReader): Head | undefined {
  const bytes = reader.get(HEAD);
  if (!bytes) return undefined;
  const head = decode(storedHead, bytes);
  const root = readRoot(reader, head.height);
  return { ...head, root, stateRoot: root?.hash ?? ZERO_32 };
}

export interface PreparedCommit {
  readonly head: Head;
  readonly batch: WriteBatch;
}

function toOperations(
  changes: readonly Change[],
  place: (key: Uint8Array) => Uint8Array,
): readonly WriteOperation[] {
  return changes.map(({ key, value }) => ({ key: place(key), value }) as WriteOperation);
}

/** What no kept version needs any more, a bounded number at a time. */
function prune(reader: KeyValueReader, height: bigint): readonly WriteOperation[] {
  if (height <= KEPT_VERSIONS) return [];
  const oldest = height - KEPT_VERSIONS;
  const operations: WriteOperation[] = [{ key: rootKey(oldest - 1n), value: undefined }];
  const empty = new Uint8Array(0);
  for (const [key] of reader.range(
    staleKey(0n, empty),
    staleKey(oldest + 1n, empty),
    PRUNE_LIMIT,
  )) {
    operations.push({ key, value: undefined }, { key: staleNode(key), value: undefined });
  }
  return operations;
}

/** Hashes a block's changes into the tree of the next version; nothing is written yet. */
export function prepareCommit(
  reader: KeyValueReader,
  previous: Head | undefined,
  state: BlockState,
  at: StoredHead,
): PreparedCommit {
  const changes = state
    .changes()
    .filter(({ key, value }) => {
      const before = reader.get(valueKey(key));
      return value === undefined ? before !== undefined : !(before && equalBytes(before, value));
    })
    .toSorted((left, right) => compareBytes(left.key, right.key));
  const { root, hash, writes } = updateTrie(reader, previous?.root, at.height, changes);
  return {
    head: { ...at, root, stateRoot: hash },
    batch: [
      ...toOperations(changes, valueKey),
      ...toOperations(state.indexChanges(), indexKey),
      ...writes,
      {
        key: rootKey(at.height),
        value: encode(storedRoot, { empty: !root, version: root?.version ?? 0n, hash }),
      },
      { key: HEAD, value: encode(storedHead, at) },
      ...prune(reader, at.height),
    ],
  };
}

/** @throws {CodedError} `state/height-unknown`, `state/height-pruned` */
export function proveAt(
  reader: KeyValueReader,
  key: Uint8Array,
  height: bigint,
): {
  readonly stateRoot: Uint8Array;
  readonly value: Uint8Array | undefined;
  readonly proof: Uint8Array;
} {
  const head = readHead(reader);
  if (!head || height > head.height) throw new CodedError({ code: "state/height-unknown", height });
  const root = readRoot(reader, height);
  return { stateRoot: root?.hash ?? ZERO_32, ...proveKey(reader, root, key) };
}
