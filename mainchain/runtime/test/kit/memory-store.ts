import { bytesToHex, hexToBytes, type KeyValueReader, type WriteBatch } from "@ropenet/protocol";

/** An ordered key-value store in memory, as the node's database is one on disk. */
export class MemoryStore implements KeyValueReader {
  readonly #values: Map<string, Uint8Array>;
  /** all keys in hex, ascending: hex keeps the order of bytes */
  readonly #keys: string[];

  constructor(from?: MemoryStore) {
    this.#values = new Map(from ? from.#values : []);
    this.#keys = from ? [...from.#keys] : [];
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#values.get(bytesToHex(key));
  }

  *range(
    from: Uint8Array,
    to: Uint8Array,
    limit = Number.POSITIVE_INFINITY,
  ): Iterable<readonly [Uint8Array, Uint8Array]> {
    const end = bytesToHex(to);
    let left = limit;
    for (let at = this.#place(bytesToHex(from)); left > 0; at += 1, left -= 1) {
      const key = this.#keys[at];
      if (key === undefined || key >= end) return;
      const value = this.#values.get(key);
      if (value) yield [hexToBytes(key), value];
    }
  }

  write(batch: WriteBatch): void {
    for (const { key, value } of batch) {
      const name = bytesToHex(key);
      const known = this.#values.has(name);
      if (value) this.#values.set(name, value.slice());
      else this.#values.delete(name);
      if (value && !known) this.#keys.splice(this.#place(name), 0, name);
      else if (!value && known) this.#keys.splice(this.#place(name), 1);
    }
  }

  /** Index of the first key that is not below `name`. */
  #place(name: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] ?? "") < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
