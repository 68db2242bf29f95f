import { pruneBlocks } from "./block-store.ts";
import type { KeyValueStore } from "./key-value-store.ts";

/** Pruning costs an fsync: it is done for many heights together. */
const EVERY = 50n;
/** Twice what comes meanwhile, so that a node that begins to prune gets there. */
const LIMIT = 100;

export interface Pruner {
  /** Call after every commit. */
  after(height: bigint): void;
}

/** Keeps the newest blocks whole, and of older ones the header, as long as evidence may speak of them. */
export function createPruner(
  store: KeyValueStore,
  { keepBlocks, evidenceBlocks }: { readonly keepBlocks: number; readonly evidenceBlocks: bigint },
): Pruner {
  return {
    after(height): void {
      if (height % EVERY !== 0n) return;
      const below = height - BigInt(keepBlocks) + 1n;
      if (below <= 1n) return;
      const headersBelow = height - evidenceBlocks;
      const batch = pruneBlocks(store, {
        below,
        headersBelow: headersBelow > 0n ? headersBelow : 0n,
        limit: LIMIT,
      });
      store.write(batch);
    },
  };
}
