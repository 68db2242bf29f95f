import { type ColumnType, Kysely, PostgresDialect } from "kysely";
import type { Pool } from "pg";

/** The hub's tables hold nothing that the chains do not: drop them and the indexer writes them again. */
export interface Tables {
  transfers: {
    id: string;
    index: ColumnType<string, string | bigint, string | bigint>;
    state: string;
    source_gateway: string;
    final_gateway: string;
    lane: number;
    sequence: ColumnType<string, string, string>;
    leg2_sequence: ColumnType<string, string, string>;
    asset_id: string;
    token_id: string;
    amount: ColumnType<string, string, string>;
    sender: string;
    recipient: string;
    failure: number;
    queue_reason: number;
    received_height: ColumnType<string, string, string>;
    forwarded_height: ColumnType<string, string, string>;
    ended_height: ColumnType<string, string, string>;
    received_at_ms: ColumnType<string, string, string>;
    ended_at_ms: ColumnType<string, string, string>;
  };
  strand_events: {
    gateway: string;
    /** packet (sent here) or receipt (written here) */
    kind: string;
    lane: number;
    sequence: ColumnType<string, string, string>;
    height: ColumnType<string, string, string>;
    transaction_hash: string;
  };
  cursors: { name: string; position: ColumnType<string, string, string> };
}

export type Database = Kysely<Tables>;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS transfers (
  id text PRIMARY KEY, index bigint NOT NULL UNIQUE, state text NOT NULL,
  source_gateway text NOT NULL, final_gateway text NOT NULL, lane integer NOT NULL,
  sequence numeric NOT NULL, leg2_sequence numeric NOT NULL,
  asset_id text NOT NULL, token_id text NOT NULL, amount numeric NOT NULL,
  sender text NOT NULL, recipient text NOT NULL, failure integer NOT NULL, queue_reason integer NOT NULL,
  received_height bigint NOT NULL, forwarded_height bigint NOT NULL, ended_height bigint NOT NULL,
  received_at_ms bigint NOT NULL, ended_at_ms bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS transfers_state ON transfers (state, index);
CREATE INDEX IF NOT EXISTS transfers_source ON transfers (source_gateway, index);
CREATE INDEX IF NOT EXISTS transfers_final ON transfers (final_gateway, index);
CREATE TABLE IF NOT EXISTS strand_events (
  gateway text NOT NULL, kind text NOT NULL, lane integer NOT NULL, sequence numeric NOT NULL,
  height bigint NOT NULL, transaction_hash text NOT NULL,
  PRIMARY KEY (gateway, kind, lane, sequence)
);
CREATE TABLE IF NOT EXISTS cursors (name text PRIMARY KEY, position bigint NOT NULL);
`;

/** PostgreSQL's own words for "not now": shutting down, starting up, crashed. */
const AWAY: ReadonlySet<string> = new Set([
  "57P01",
  "57P02",
  "57P03",
  "ECONNREFUSED",
  "ECONNRESET",
]);

/** Whether a query failed because there is no database to ask at this moment. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = "" } = error as NodeJS.ErrnoException;
  return AWAY.has(code) || /^Connection terminated|^timeout exceeded when/.test(error.message);
}

/** A database that goes away breaks idle connections, for which nobody waits: the next query asks for a new one. */
export async function openDatabase(
  pool: Pool,
  onBroken: (error: Error) => void = () => undefined,
): Promise<Database> {
  pool.on("error", onBroken).on("connect", (client) => client.on("error", onBroken));
  await pool.query(SCHEMA);
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

export async function readCursor(database: Database, name: string): Promise<bigint> {
  const row = await database
    .selectFrom("cursors")
    .select("position")
    .where("name", "=", name)
    .executeTakeFirst();
  return BigInt(row?.position ?? "0");
}

export async function writeCursor(
  database: Database,
  name: string,
  position: bigint,
): Promise<void> {
  await database
    .insertInto("cursors")
    .values({ name, position: String(position) })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ position: String(position) }))
    .execute();
}
