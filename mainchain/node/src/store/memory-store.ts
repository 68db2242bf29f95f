import { bytesToHex, compareBytes, type WriteBatch } from "@ropenet/protocol";
import type { KeyValueStore } from "./key-value-store.ts";

type Entry = readonly [Uint8Array, Uint8Array];

/** For tests and tools: what is written is gone with the process. */
export function createMemoryStore(): KeyValueStore {
  const entries = new Map<string, Entry>();
  let sorted: readonly Entry[] | undefined = [];

  function* range(
    from: Uint8Array,
    to: Uint8Array,
    limit = Number.POSITIVE_INFINITY,
  ): Generator<Entry> {
    sorted ??= [...entries.values()].sort(([one], [other]) => compareBytes(one, other));
    let left = limit;
    for (const [key, value] of sorted.slice(firstAtLeast(sorted, from))) {
      if (left <= 0 || compareBytes(key, to) >= 0) return;
      left -= 1;
      yield [key.slice(), value.slice()];
    }
  }

  return {
    get: (key) => entries.get(bytesToHex(key))?.[1].slice(),
    range,
    write(batch: WriteBatch): void {
      for (const { key, value } of batch) {
        const name = bytesToHex(key);
        if (value === undefined) entries.delete(name);
        else entries.set(name, [new Uint8Array(key), new Uint8Array(value)]);
      }
      sorted = undefined;
    },
    close(): void {
      entries.clear();
    },
  };
}

function firstAtLeast(sorted: readonly Entry[], key: Uint8Array): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBytes(sorted[middle]?.[0] ?? key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
