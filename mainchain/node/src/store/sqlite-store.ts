import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { LocalFault, type WriteBatch } from "@ropenet/protocol";
import { NodeError } from "../errors.ts";
import { type KeyValueStore, RANGE_PAGE } from "./key-value-store.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Row = { readonly k: Uint8Array; readonly v: Uint8Array };

/**
 * SQLite's B-tree as an ordered store, by Node's own binding: execution needs ranges synchronously, and LevelDB's
 * binding iterates only asynchronously. Figures: docs/adr/0006-node-sqlite.md.
 *
 * WAL with `synchronous=FULL`: one fsync per batch, atomic through kill and power loss. The lock is exclusive:
 * a second process on the same folder is refused rather than allowed to fork the state.
 * @throws {NodeError} `store/locked`, `store/unusable`
 */
export function openSqliteStore(directory: string): KeyValueStore {
  const database = open(directory);
  const file = fileOf(directory);
  const get = database.prepare("SELECT v FROM kv WHERE k = ?");
  const put = database.prepare("REPLACE INTO kv (k, v) VALUES (?, ?)");
  const remove = database.prepare("DELETE FROM kv WHERE k = ?");
  const page = database.prepare("SELECT k, v FROM kv WHERE k >= ? AND k < ? ORDER BY k LIMIT ?");
  const nextPage = database.prepare("SELECT k, v FROM kv WHERE k > ? AND k < ? ORDER BY k LIMIT ?");

  function* range(
    from: Uint8Array,
    to: Uint8Array,
    limit = Number.POSITIVE_INFINITY,
  ): Generator<readonly [Uint8Array, Uint8Array]> {
    let left = limit;
    let statement = page;
    let start = from;
    while (left > 0) {
      const size = Math.min(left, RANGE_PAGE);
      const read = statement;
      const found: unknown = coded(file, () => read.all(start as Bytes, to as Bytes, size));
      const rows = found as readonly Row[];
      for (const { k, v } of rows) yield [k, v];
      const last = rows.at(-1);
      if (!last || rows.length < size) return;
      left -= rows.length;
      start = last.k;
      statement = nextPage;
    }
  }

  function writeWhole(batch: WriteBatch): void {
    database.exec("BEGIN IMMEDIATE");
    try {
      for (const { key, value } of batch) {
        if (value === undefined) remove.run(key as Bytes);
        else put.run(key as Bytes, value as Bytes);
      }
      database.exec("COMMIT");
    } catch (error) {
      // Where SQLite has rolled back by itself there is nothing left to undo.
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }

  return {
    get(key): Uint8Array | undefined {
      return (coded(file, () => get.get(key as Bytes)) as Row | undefined)?.v;
    },
    range,
    write(batch: WriteBatch): void {
      if (batch.length > 0) coded(file, () => writeWhole(batch));
    },
    close: () => database.close(),
  };
}

const fileOf = (directory: string): string => join(directory, "state.db");

/** SQLite names neither its file nor a code that a person could look up. @throws {LocalFault} `store/failed` */
function coded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_SQLITE_ERROR") throw cause;
    const detail = (cause as Error).message;
    throw new LocalFault(new NodeError({ code: "store/failed", file, detail }), { cause });
  }
}

const SETTINGS = [
  "locking_mode = EXCLUSIVE",
  "journal_mode = WAL",
  "synchronous = FULL",
  "page_size = 8192",
  // 4 MiB of page cache: a validator beside four others on one machine stays small.
  "cache_size = -4096",
  "wal_autocheckpoint = 2000",
  "journal_size_limit = 67108864",
  // The last process may have been killed between writing a batch and syncing it; what is read now must stay.
  "wal_checkpoint(TRUNCATE)",
];

function open(directory: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(fileOf(directory), { timeout: 0 });
    for (const setting of SETTINGS) database.exec(`PRAGMA ${setting}`);
    database.exec(
      "CREATE TABLE IF NOT EXISTS kv (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID",
    );
    return database;
  } catch (cause) {
    database?.close();
    const detail = cause instanceof Error ? cause.message : String(cause);
    const SQLITE_BUSY = 5;
    if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) {
      throw new NodeError({ code: "store/locked", directory }, { cause });
    }
    throw new NodeError({ code: "store/unusable", directory, detail }, { cause });
  }
}
