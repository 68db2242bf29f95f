import {
  CodedError,
  type KeyValueReader,
  type WriteBatch,
  type WriteOperation,
  ZERO_32,
} from "@ropenet/protocol";
import type { StateEntry } from "./export-state.ts";
import { valueKey } from "./key-space.ts";
import { headOperations, readHead } from "./state-store.ts";
import { StateTrie } from "./state-trie.ts";
import { sweepAfterImport } from "./sweep.ts";
import type { NodeReference } from "./trie-nodes.ts";

/** Entries that become one batch: what is held in memory at a time. */
const BATCH_ENTRIES = 20_000n;

export interface ImportTarget {
  readonly height: bigint;
  /** of the header of `height` */
  readonly timeMs: bigint;
  /** how many entries will come */
  readonly entries: bigint;
}

export type ImportErrorInfo =
  | { readonly code: "import/not-empty" }
  | { readonly code: "import/wrong-count"; readonly expected: bigint; readonly got: bigint };
export class ImportError extends CodedError<ImportErrorInfo> {}

/**
 * Builds the tree of one height out of its entries, on an empty store. The root that comes out is the only proof
 * that they were the right ones: whoever calls compares it with what a committed header says.
 * @param write makes a batch readable before it returns
 * @returns the state root
 */
export function importState(
  reader: KeyValueReader,
  write: (batch: WriteBatch) => void,
  target: ImportTarget,
  entries: Iterable<StateEntry>,
): Uint8Array {
  if (readHead(reader)) throw new ImportError({ code: "import/not-empty" });
  const trie = new StateTrie(reader);
  const size = batchSize(target);
  let version = target.height - (target.entries === 0n ? 0n : (target.entries - 1n) / size);
  let root: NodeReference | undefined;
  let hash: Uint8Array = ZERO_32;
  let got = 0n;
  for (const batch of batches(entries, Number(size))) {
    got += BigInt(batch.length);
    if (got > target.entries) break;
    const update = trie.update(root, version, batch);
    const values = batch.map(({ key, value }): WriteOperation => ({ key: valueKey(key), value }));
    write([...values, ...update.writes]);
    trie.adopt(update);
    ({ root, hash } = update);
    version += 1n;
  }
  if (got !== target.entries) {
    throw new ImportError({ code: "import/wrong-count", expected: target.entries, got });
  }
  write([...headOperations(target, root), sweepAfterImport(target.entries, target.height)]);
  return hash;
}

/** Each batch has a version of its own, none above the height: rows of nodes are named by version. */
function batchSize({ entries, height }: ImportTarget): bigint {
  const least = (entries + height) / (height + 1n);
  return least > BATCH_ENTRIES ? least : BATCH_ENTRIES;
}

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

function* batches(entries: Iterable<StateEntry>, size: number): Generator<readonly Entry[]> {
  let batch: Entry[] = [];
  for (const [key, value] of entries) {
    batch.push({ key, value });
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
