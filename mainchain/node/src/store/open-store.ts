import type { KeyValueStore } from "./key-value-store.ts";
import { openSqliteStore } from "./sqlite-store.ts";

/** The one way in which a node's store is opened, by the node and by its tools. */
export function openStore(directory: string): KeyValueStore {
  return openSqliteStore(directory);
}
