import { compareBytes, type KeyValueReader } from "@ropenet/protocol";
import type { StateView } from "../module.ts";
import type { CommittedValues } from "./committed-values.ts";
import { indexKey, valueKey } from "./key-space.ts";
import { keyText } from "./key-text.ts";
import type { Change } from "./trie-update.ts";

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** What an earlier write of the block left under an id; `undefined` = nothing of this block. */
interface Undo {
  readonly map: Map<string, Entry>;
  readonly id: string;
  readonly before: Entry | undefined;
}

export interface BlockState extends StateView {
  /** A point to which `revert` goes back. */
  mark(): number;
  revert(mark: number): void;
  /** Every key of the state tree that the block touched, with its last value. */
  changes(): readonly Change[];
  indexChanges(): readonly Change[];
}

/** The state as a running block sees it: its own writes above the committed ones. */
export function createBlockState(
  reader: KeyValueReader,
  committed: Pick<CommittedValues, "get"> = { get: (key) => reader.get(valueKey(key)) },
): BlockState {
  const written = new Map<string, Entry>();
  const indexed = new Map<string, Entry>();
  const journal: Undo[] = [];

  // Copies, not `slice`: of a Buffer that would be a view of memory which its owner may reuse.
  function write(map: Map<string, Entry>, key: Uint8Array, value: Uint8Array | undefined): void {
    const id = keyText(key);
    journal.push({ map, id, before: map.get(id) });
    map.set(id, { key: new Uint8Array(key), value: value && new Uint8Array(value) });
  }

  function ownRange(from: Uint8Array, to: Uint8Array): readonly Entry[] {
    return [...written.values()]
      .filter(({ key }) => compareBytes(key, from) >= 0 && compareBytes(key, to) < 0)
      .toSorted((left, right) => compareBytes(left.key, right.key));
  }

  return {
    get(key): Uint8Array | undefined {
      const own = written.get(keyText(key));
      return own ? own.value : committed.get(key);
    },
    set: (key, value) => write(written, key, value),
    delete: (key) => write(written, key, undefined),
    getIndex(key): Uint8Array | undefined {
      const own = indexed.get(keyText(key));
      return own ? own.value : reader.get(indexKey(key));
    },
    setIndex: (key, value) => write(indexed, key, value),
    range(from, to, limit): readonly (readonly [Uint8Array, Uint8Array])[] {
      const merged = new Map<string, readonly [Uint8Array, Uint8Array]>();
      const own = ownRange(from, to);
      // Deleted entries of this block may hide as many committed ones.
      const hidden = own.filter(({ value }) => value === undefined).length;
      for (const [stored, value] of reader.range(valueKey(from), valueKey(to), limit + hidden)) {
        const key = stored.slice(1);
        merged.set(keyText(key), [key, value]);
      }
      for (const { key, value } of own) {
        if (value) merged.set(keyText(key), [key, value]);
        else merged.delete(keyText(key));
      }
      return [...merged.values()]
        .toSorted(([left], [right]) => compareBytes(left, right))
        .slice(0, limit);
    },
    changedKeys: (from, to) => ownRange(from, to).map(({ key }) => key),
    mark: () => journal.length,
    revert(mark): void {
      while (journal.length > mark) {
        const undo = journal.pop();
        if (!undo) return;
        if (undo.before) undo.map.set(undo.id, undo.before);
        else undo.map.delete(undo.id);
      }
    },
    changes: () => [...written.values()],
    indexChanges: () => [...indexed.values()],
  };
}
