import {
  b32,
  type Codec,
  CodedError,
  decodeOwn,
  encode,
  equalBytes,
  type KeyValueReader,
  optional,
  readOwn,
  struct,
  u32,
  u64,
  type WriteBatch,
  type WriteOperation,
  ZERO_32,
} from "@ropenet/protocol";
import type { BlockState } from "./block-state.ts";
import type { CommittedValues } from "./committed-values.ts";
import { indexKey, metaKey, rootKey, valueKey } from "./key-space.ts";
import { keyText } from "./key-text.ts";
import { proveKey } from "./prove.ts";
import type { PreparedUpdate, StateTrie } from "./state-trie.ts";
import { sweep } from "./sweep.ts";
import type { NodeReference } from "./trie-nodes.ts";
import type { Change } from "./trie-update.ts";

interface StoredRoot {
  readonly version: bigint;
  readonly position: number;
  readonly hash: Uint8Array;
}

const storedRoot: Codec<StoredRoot | null> = optional(
  struct<StoredRoot>({ version: u64, position: u32, hash: b32 }),
);

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

/** @throws {CodedError} `state/height-pruned` */
function readRoot(reader: KeyValueReader, version: bigint): NodeReference | undefined {
  const bytes = reader.get(rootKey(version));
  if (!bytes) throw new CodedError({ code: "state/height-pruned", height: version });
  const stored = decodeOwn(storedRoot, bytes);
  return stored ? { ...stored, version: Number(stored.version) } : undefined;
}

/** The last committed height with its root; undefined before genesis. */
export function readHead(reader: KeyValueReader): Head | undefined {
  const bytes = reader.get(HEAD);
  if (!bytes) return undefined;
  const head = decodeOwn(storedHead, bytes);
  // The committed root is never pruned: without it the store is broken, and no question was wrong.
  const root = readOwn(() => readRoot(reader, head.height));
  return { ...head, root, stateRoot: root?.hash ?? ZERO_32 };
}

export interface PreparedCommit {
  readonly head: Head;
  readonly batch: WriteBatch;
  readonly tree: PreparedUpdate;
  /** of the state, for whoever keeps values in memory */
  readonly changes: readonly Change[];
}

function toOperation(key: Uint8Array, value: Uint8Array | undefined): WriteOperation {
  return { key, value } as WriteOperation;
}

/** What differs from the committed state, and by how many keys that grows. */
function realChanges(
  committed: CommittedValues,
  changes: readonly Change[],
): { readonly real: readonly Change[]; readonly grown: number } {
  let grown = 0;
  const real = changes.filter(({ key, value }) => {
    const before = committed.get(key);
    if (value === undefined) {
      if (before) grown -= 1;
      return before !== undefined;
    }
    if (!before) grown += 1;
    return !(before && equalBytes(before, value));
  });
  return { real, grown };
}

/** Hashes a block's changes into the tree of the next version; nothing is written yet. */
export function prepareCommit(
  parts: {
    readonly reader: KeyValueReader;
    readonly trie: StateTrie;
    readonly values: CommittedValues;
  },
  previous: Head | undefined,
  state: BlockState,
  at: StoredHead,
): PreparedCommit {
  const { real, grown } = realChanges(parts.values, state.changes());
  // Not what was merely written with the value it had: that leaf is not made anew by the changes.
  const changed = new Set(real.map(({ key }) => keyText(key)));
  const { touched, writes } = sweep(parts.reader, at.height, grown, (key) =>
    changed.has(keyText(key)),
  );
  const tree = parts.trie.update(previous?.root, at.height, [...real, ...touched]);
  const batch: WriteOperation[] = [
    ...real.map(({ key, value }) => toOperation(valueKey(key), value)),
    ...state.indexChanges().map(({ key, value }) => toOperation(indexKey(key), value)),
    ...tree.writes,
    ...writes,
    ...headOperations(at, tree.root),
  ];
  return { head: { ...at, root: tree.root, stateRoot: tree.hash }, batch, tree, changes: real };
}

/** @throws {CodedError} `state/height-unknown`, `state/height-pruned` */
export function rootAt(reader: KeyValueReader, height: bigint): NodeReference | undefined {
  const head = readHead(reader);
  if (!head || height > head.height) throw new CodedError({ code: "state/height-unknown", height });
  return readRoot(reader, height);
}

/** What names the committed height and its tree. */
export function headOperations(
  at: StoredHead,
  reference: NodeReference | undefined,
): readonly WriteOperation[] {
  const { height, timeMs } = at;
  const root = reference && { ...reference, version: BigInt(reference.version) };
  return [
    { key: rootKey(height), value: encode(storedRoot, root ?? null) },
    { key: HEAD, value: encode(storedHead, { height, timeMs }) },
  ];
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
  const root = rootAt(reader, height);
  return { stateRoot: root?.hash ?? ZERO_32, ...proveKey(reader, root, key) };
}
