import type { ChainAdapter } from "@ropenet/adapter-sdk";
import { bytesToHex } from "@ropenet/protocol";
import { type Database, readCursor, writeCursor } from "../store/database.ts";

const SPAN = 2_000n;

/** Remembers in which transaction a strand sent a packet or wrote a receipt: the links of a transfer's page. */
export async function indexStrand(
  database: Database,
  strand: { readonly adapter: ChainAdapter; readonly startHeight: bigint },
  ropeGateway: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const { adapter } = strand;
  const gateway = bytesToHex(adapter.gateway);
  const cursor = `strand/${gateway}`;
  const done = await readCursor(database, cursor);
  const fromHeight = done === 0n ? strand.startHeight : done + 1n;
  const { height } = await adapter.finalised(signal);
  if (height < fromHeight) return;
  const toHeight = height - fromHeight > SPAN ? fromHeight + SPAN : height;
  const events = await adapter.scan({ fromHeight, toHeight, counterparty: ropeGateway }, signal);
  for (const event of events) {
    const { lane, sequence } = event.kind === "packet" ? event.packet : event.acknowledgement;
    await database
      .insertInto("strand_events")
      .values({
        gateway,
        kind: event.kind === "packet" ? "packet" : "receipt",
        lane,
        sequence: String(sequence),
        height: String(event.height),
        transaction_hash: event.transactionHash,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  await writeCursor(database, cursor, toHeight);
}
