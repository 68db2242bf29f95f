import type { RopeRecords } from "@ropenet/client";
import { bytesToHex, type TransferRecord } from "@ropenet/protocol";
import { TRANSFER_STATES } from "../api/schemas.ts";
import { type Database, readCursor, writeCursor } from "../store/database.ts";
import { toRow } from "../store/transfer-row.ts";

const CURSOR = "transfers";
/** Rows fetched in one pass, so that a long history shows progress. */
const PASS = 200n;

async function store(database: Database, record: TransferRecord): Promise<void> {
  const row = toRow(record);
  await database
    .insertInto("transfers")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
}

/** Open rows that one pass looks at again: the newest, and a stretch of all of them, one after the other. */
const NEWEST = 50;
const STRETCH = 150;

async function openRows(database: Database, after: string): Promise<OpenRows> {
  const open = database
    .selectFrom("transfers")
    .select(["index", "state", "id"])
    .where("state", "in", ["queued", "forwarded", "quarantined"]);
  const [newest, stretch] = await Promise.all([
    open.orderBy("index", "desc").limit(NEWEST).execute(),
    open.where("index", ">", after).orderBy("index", "asc").limit(STRETCH).execute(),
  ]);
  const known = new Set(newest.map(({ id }) => id));
  const last = stretch.length < STRETCH ? FROM_THE_FIRST : stretch.at(-1)?.index;
  return {
    rows: [...newest, ...stretch.filter(({ id }) => !known.has(id))],
    after: last ?? FROM_THE_FIRST,
  };
}

const FROM_THE_FIRST = "-1";

interface OpenRows {
  readonly rows: readonly OpenRow[];
  /** index at which the next stretch begins */
  readonly after: string;
}

interface OpenRow {
  readonly index: string;
  readonly state: string;
  readonly id: string;
}

/**
 * Takes new transfers by the dense index, then refreshes those that may still change (a quarantined one ends when it is
 * late). Both are bounded: however many are open, new ones are seen at once, and each open one in its turn.
 */
export class TransferIndex {
  readonly #database: Database;
  readonly #records: RopeRecords;
  /** index of the row at which the last stretch ended */
  #after = FROM_THE_FIRST;

  constructor(database: Database, records: RopeRecords) {
    this.#database = database;
    this.#records = records;
  }

  /** @returns ids of the rows that changed */
  async pass(): Promise<readonly string[]> {
    return [...(await this.#takeNew()), ...(await this.#refresh())];
  }

  async #takeNew(): Promise<readonly string[]> {
    const total = await this.#records.transferCount();
    const taken: string[] = [];
    let next = await readCursor(this.#database, CURSOR);
    const end = total - next > PASS ? next + PASS : total;
    for (; next < end; next += 1n) {
      const record = await this.#records.transferAt(next);
      if (!record) break;
      await store(this.#database, record);
      taken.push(bytesToHex(record.transferId));
    }
    await writeCursor(this.#database, CURSOR, next);
    return taken;
  }

  async #refresh(): Promise<readonly string[]> {
    const { rows, after } = await openRows(this.#database, this.#after);
    const changed: string[] = [];
    for (const { index, state, id } of rows) {
      const record = await this.#records.transferAt(BigInt(index));
      if (!record || TRANSFER_STATES[record.state - 1] === state) continue;
      await store(this.#database, record);
      changed.push(id);
    }
    this.#after = after;
    return changed;
  }
}
