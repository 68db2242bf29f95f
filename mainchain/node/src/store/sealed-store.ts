import type { WriteBatch } from "@ropenet/protocol";
import type { Wal } from "../engine/wal.ts";
import type { KeyValueStore } from "./key-value-store.ts";
import type { Sealer } from "./sealer.ts";

/**
 * A store whose values nobody reads without the key. Keys stay as they are, because ranges need their order: hashes,
 * addresses, heights and record names are visible on a stolen disk, and how long each value is.
 */
export function sealStore(store: KeyValueStore, sealer: Sealer): KeyValueStore {
  return {
    get(key): Uint8Array | undefined {
      const sealed = store.get(key);
      return sealed && sealer.open(key, sealed);
    },
    *range(from, to, limit): Generator<readonly [Uint8Array, Uint8Array]> {
      for (const [key, sealed] of store.range(from, to, limit)) {
        yield [key, sealer.open(key, sealed)];
      }
    },
    write(batch): void {
      store.write(
        batch.map(({ key, value }) => ({
          key,
          value: value && sealer.seal(key, value),
        })) as WriteBatch,
      );
    },
    close: () => store.close(),
  };
}

const LOG = Uint8Array.of(0x77, 0x61, 0x6c);

/** A log whose records nobody reads without the key. */
export function sealWal(wal: Wal, sealer: Sealer): Wal {
  return {
    ...wal,
    recovered: wal.recovered.map((record) => sealer.open(LOG, record)),
    append: (record) => wal.append(sealer.seal(LOG, record)),
  };
}
