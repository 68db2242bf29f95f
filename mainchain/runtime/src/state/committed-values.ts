import type { KeyValueReader } from "@ropenet/protocol";
import { valueKey } from "./key-space.ts";
import { keyText } from "./key-text.ts";
import type { Change } from "./trie-update.ts";

/** Bytes of keys and values; short ones cost several times as much in memory. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;

/** Values of the last committed state, those used lately from memory. Absence is kept too. */
export interface CommittedValues {
  get(key: Uint8Array): Uint8Array | undefined;
  /** What a commit has changed. */
  update(changes: readonly Change[]): void;
}

export function createCommittedValues(
  reader: KeyValueReader,
  maxBytes: number = MAX_KEPT_BYTES,
): CommittedValues {
  // Two generations instead of an order of use: what is read in neither goes to the store.
  let young = new Map<string, Uint8Array | undefined>();
  let old = new Map<string, Uint8Array | undefined>();
  let youngBytes = 0;

  function keep(id: string, value: Uint8Array | undefined): void {
    young.set(id, value);
    youngBytes += id.length + (value?.length ?? 0);
    if (youngBytes < maxBytes / 2) return;
    old = young;
    young = new Map();
    youngBytes = 0;
  }

  return {
    get(key): Uint8Array | undefined {
      const id = keyText(key);
      if (young.has(id)) return young.get(id);
      const value = old.has(id) ? old.get(id) : reader.get(valueKey(key));
      keep(id, value);
      return value;
    },
    update(changes): void {
      for (const { key, value } of changes) {
        const id = keyText(key);
        old.delete(id);
        keep(id, value);
      }
    },
  };
}
