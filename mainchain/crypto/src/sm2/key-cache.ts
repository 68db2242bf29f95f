import { copyBytes, equalBytes } from "../bytes.ts";

export interface CachedKey {
  readonly publicKey: Uint8Array;
  uses: number;
  /** where the key's table lies; undefined until it is built */
  table: number | undefined;
  /** Z for the default user id, once it was wanted */
  identity: Uint8Array | undefined;
}

/** 53 bits of x. Keys that share them displace each other; nothing else depends on it. */
function fingerprint(publicKey: Uint8Array): number {
  const byte = (index: number): number => publicKey[index] as number;
  const high = (byte(1) * 0x1000000 + (byte(2) << 16) + (byte(3) << 8) + byte(4)) * 0x200000;
  return high + (byte(5) << 13) + (byte(6) << 5) + (byte(7) >> 3);
}

function oldest(keys: Map<number, CachedKey>): number | undefined {
  return keys.keys().next().value;
}

/** Whoever still holds the entry must not find another key's table in it. */
function tableTakenFrom(entry: CachedKey): number | undefined {
  const { table } = entry;
  entry.table = undefined;
  return table;
}

/**
 * Keys seen lately, least recently used first out, in two rooms: a key enters the waiting room and moves to the
 * room of tables when it comes back often enough. A flood of keys that are used once passes through the
 * waiting room and leaves the tables of the others alone.
 */
export class KeyCache {
  readonly #waiting = new Map<number, CachedKey>();
  readonly #tabled = new Map<number, CachedKey>();
  readonly #maxTables: number;
  readonly #maxWaiting: number;

  constructor(maxTables: number) {
    this.#maxTables = maxTables;
    this.#maxWaiting = 4 * maxTables;
  }

  /** The entry of this key, counted one use higher. */
  use(publicKey: Uint8Array): CachedKey {
    const id = fingerprint(publicKey);
    for (const room of [this.#tabled, this.#waiting]) {
      const known = room.get(id);
      if (known !== undefined && equalBytes(known.publicKey, publicKey)) {
        room.delete(id);
        room.set(id, known);
        known.uses += 1;
        return known;
      }
    }
    const entry: CachedKey = {
      publicKey: copyBytes(publicKey),
      uses: 1,
      table: undefined,
      identity: undefined,
    };
    this.#waiting.set(id, entry);
    if (this.#waiting.size > this.#maxWaiting)
      this.#waiting.delete(oldest(this.#waiting) as number);
    return entry;
  }

  /** Moves a key to the room of tables. The table of the key that had to go, for reuse, if there was one. */
  promote(entry: CachedKey): number | undefined {
    const id = fingerprint(entry.publicKey);
    this.#waiting.delete(id);
    const displaced = this.#tabled.get(id);
    this.#tabled.delete(id);
    this.#tabled.set(id, entry);
    if (displaced !== undefined) return tableTakenFrom(displaced);
    if (this.#tabled.size <= this.#maxTables) return undefined;
    const oldestId = oldest(this.#tabled) as number;
    const evicted = this.#tabled.get(oldestId) as CachedKey;
    this.#tabled.delete(oldestId);
    return tableTakenFrom(evicted);
  }
}
