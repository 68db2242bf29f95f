import type { ChainAdapter } from "@ropenet/adapter-sdk";
import type { OpenEvents } from "./plan/open-events.ts";

/** How far a source has been read. */
export interface Cursor {
  /** nothing below this height is unread */
  readonly nextHeight: bigint;
  /** nor are the first so many events of it */
  readonly readThere: number;
}

/** Heights a scan covers at most, so that a fresh worker on a long chain makes progress it can report. */
const SCAN_SPAN = 2_000n;

/** Adds the next stretch of the source to `open`, as much as there is room for. Returns how far that is. */
export async function readSource(
  { source, destination }: { readonly source: ChainAdapter; readonly destination: ChainAdapter },
  cursor: Cursor,
  open: OpenEvents,
  signal: AbortSignal,
): Promise<Cursor> {
  if (open.room === 0) return cursor;
  const { height } = await source.finalised(signal);
  const { nextHeight: fromHeight, readThere } = cursor;
  if (height < fromHeight) return cursor;
  const toHeight = height - fromHeight > SCAN_SPAN ? fromHeight + SCAN_SPAN : height;
  const limit = readThere + open.room;
  const range = { fromHeight, toHeight, counterparty: destination.gateway, limit };
  const found = await source.scan(range, signal);
  open.add(found.slice(readThere, limit));
  if (found.length < limit) return { nextHeight: toHeight + 1n, readThere: 0 };
  const last = found[limit - 1]?.height ?? fromHeight;
  const there = found.slice(0, limit).filter((event) => event.height === last).length;
  return { nextHeight: last, readThere: there };
}
