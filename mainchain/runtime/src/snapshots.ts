import {
  equalBytes,
  type KeyValueReader,
  type WriteBatch,
  type WriteOperation,
} from "@ropenet/protocol";
import type { Module } from "./module.ts";
import { createBlockState } from "./state/block-state.ts";
import { createCommittedValues } from "./state/committed-values.ts";
import { type StateEntry, stateEntries } from "./state/export-state.ts";
import { type ImportTarget, importState } from "./state/import-state.ts";
import { indexKey } from "./state/key-space.ts";

/** The state of a height as a list of entries, out of one store and into another. */
export interface StateSnapshots {
  /** In the order of the tree. @throws {CodedError} `state/height-unknown`, `state/height-pruned` */
  entries(height: bigint): Iterable<StateEntry>;
  /**
   * Into an empty store; what modules derive from the state is made anew, not taken over, and only if the root is
   * the expected one. Create a new runtime on the store afterwards.
   * @returns the state root of what was imported
   */
  import(
    target: ImportTarget,
    entries: Iterable<StateEntry>,
    write: (batch: WriteBatch) => void,
    expectedRoot?: Uint8Array,
  ): Uint8Array;
}

export function createSnapshots(
  reader: KeyValueReader,
  modules: readonly Module[],
): StateSnapshots {
  return {
    entries: (height) => stateEntries(reader, height),
    import(target, entries, write, expectedRoot): Uint8Array {
      const root = importState(reader, write, target, entries);
      // Modules may rely on what they wrote themselves, on nothing else.
      if (expectedRoot && !equalBytes(root, expectedRoot)) return root;
      const state = createBlockState(reader, createCommittedValues(reader));
      for (const module of modules) module.rebuildIndex?.(state);
      write(
        state
          .indexChanges()
          .map(({ key, value }) => ({ key: indexKey(key), value }) as WriteOperation),
      );
      return root;
    },
  };
}
