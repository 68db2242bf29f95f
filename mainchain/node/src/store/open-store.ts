import { equalBytes, LocalFault, utf8ToBytes } from "@ropenet/protocol";
import { NodeError } from "../errors.ts";
import type { KeyValueStore } from "./key-value-store.ts";
import { sealStore } from "./sealed-store.ts";
import type { Sealer } from "./sealer.ts";
import { openSqliteStore } from "./sqlite-store.ts";

/** Says how the store is written; the first thing that a new one gets. */
const FORMAT_KEY = utf8ToBytes("m/format");
const SEALED = utf8ToBytes("sealed");

/**
 * The one way in which a node's store is opened, by the node and by its tools.
 * @throws {NodeError} `store/encrypted`, `store/not-encrypted`
 * @throws {LocalFault} `store/tampered` with another store's key
 */
export function openStore(directory: string, sealer?: Sealer): KeyValueStore {
  const store = openSqliteStore(directory);
  try {
    const format = store.get(FORMAT_KEY);
    if (!sealer) {
      if (format) throw new NodeError({ code: "store/encrypted", directory });
      return store;
    }
    const sealed = sealStore(store, sealer);
    if (!format && !isEmpty(store)) throw new NodeError({ code: "store/not-encrypted", directory });
    if (!format) sealed.write([{ key: FORMAT_KEY, value: SEALED }]);
    if (!equalBytes(sealed.get(FORMAT_KEY) ?? SEALED, SEALED)) {
      throw new LocalFault(new NodeError({ code: "store/tampered" }));
    }
    return sealed;
  } catch (error) {
    store.close();
    throw error;
  }
}

function isEmpty(store: KeyValueStore): boolean {
  for (const _ of store.range(new Uint8Array(0), Uint8Array.of(255), 1)) return false;
  return true;
}
