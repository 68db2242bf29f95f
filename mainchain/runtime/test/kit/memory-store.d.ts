import { type KeyValueReader, type WriteBatch } from "@ropenet/protocol";
/** An ordered key-value store in memory, as the node's database is one on disk. */
export declare class MemoryStore implements KeyValueReader {
    #private;
    constructor(from?: MemoryStore);
    get(key: Uint8Array): Uint8Array | undefined;
    range(from: Uint8Array, to: Uint8Array, limit?: number): Iterable<readonly [Uint8Array, Uint8Array]>;
    write(batch: WriteBatch): void;
}
