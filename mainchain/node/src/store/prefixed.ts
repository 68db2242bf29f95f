import { concatBytes, type KeyValueReader, type WriteBatch } from "@ropenet/protocol";

/** The part of a store below one prefix, as if it were a store of its own. */
export function readBelow(store: KeyValueReader, prefix: Uint8Array): KeyValueReader {
  return {
    get: (key) => store.get(concatBytes(prefix, key)),
    *range(from, to, limit): Generator<readonly [Uint8Array, Uint8Array]> {
      const found = store.range(concatBytes(prefix, from), concatBytes(prefix, to), limit);
      for (const [key, value] of found) yield [key.subarray(prefix.length), value];
    },
  };
}

export function placeBelow(batch: WriteBatch, prefix: Uint8Array): WriteBatch {
  return batch.map(
    ({ key, value }) => ({ key: concatBytes(prefix, key), value }) as WriteBatch[number],
  );
}
