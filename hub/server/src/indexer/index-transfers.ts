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

/**
 * Takes new transfers by the dense index and refreshes those that may still change: a quarantined one ends when it is
 * late.
 * @returns ids of the rows that changed
 */
export async function indexTransfers(
  database: Database,
  records: RopeRecords,
): Promise<readonly string[]> {
  const changed: string[] = [];
  const open = await database
    .selectFrom("transfers")
    .select(["index", "state", "id"])
    .where("state", "in", ["queued", "forwarded", "quarantined"])
    .execute();
  for (const { index, state, id } of open) {
    const record = await records.transferAt(BigInt(index));
    if (record && TRANSFER_STATES[record.state - 1] !== state) {
      await store(database, record);
      changed.push(id);
    }
  }
  const total = await records.transferCount();
  let next = await readCursor(database, CURSOR);
  const end = total - next > PASS ? next + PASS : total;
  for (; next < end; next += 1n) {
    const record = await records.transferAt(next);
    if (!record) break;
    await store(database, record);
    changed.push(bytesToHex(record.transferId));
  }
  await writeCursor(database, CURSOR, next);
  return changed;
}
