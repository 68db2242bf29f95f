import type { KeyValueReader, WriteBatch } from "@ropenet/protocol";

/**
 * Ordered bytes → bytes. Everything is synchronous: execution reads in the middle of a transaction. What the disk
 * fails to do is thrown as a LocalFault.
 */
export interface KeyValueStore extends KeyValueReader {
  /** All or nothing, and on disk when it returns. A key written twice in one batch keeps the later value. */
  write(batch: WriteBatch): void;
  close(): void;
}

/** How many entries one page of a long range holds; between pages the store may change. */
export const RANGE_PAGE = 256;
