import {
  type Codec,
  decodeOwn,
  encode,
  type KeyValueReader,
  list,
  struct,
  u64,
  varBytes,
  type WriteOperation,
} from "@ropenet/protocol";
import { chunksFrom, metaKey, rootKey, VALUES_END, valueKey } from "./key-space.ts";
import type { Change } from "./trie-update.ts";

/** Versions whose proofs are kept. Source: docs/architecture.md, state. */
export const KEPT_VERSIONS = 10_000n;
/** Versions that one pass over all leaves takes. */
const PASS_VERSIONS = KEPT_VERSIONS / 2n;
/** Rows of dead nodes deleted per commit at most: more than a full block writes. */
const DELETE_LIMIT = 1_000;
const MAX_KEY_BYTES = 1_024;
const SWEEP = metaKey(2);

/** Once `after` is the oldest version kept, no kept root leads to a node older than `below`. */
interface Floor {
  readonly below: bigint;
  readonly after: bigint;
}

interface SweepRecord {
  readonly leaves: bigint;
  /** the version at which the running or the next pass begins */
  readonly since: bigint;
  /** the last key (in the store) that it has come to; empty = none yet */
  readonly cursor: Uint8Array;
  readonly floors: readonly Floor[];
}

const sweepCodec: Codec<SweepRecord> = struct<SweepRecord>({
  leaves: u64,
  since: u64,
  cursor: varBytes(MAX_KEY_BYTES + 1),
  floors: list(struct<Floor>({ below: u64, after: u64 }), 16),
});

const NOTHING = new Uint8Array(0);
const FIRST: SweepRecord = { leaves: 0n, since: PASS_VERSIONS, cursor: NOTHING, floors: [] };

/** The next pass begins as late as after a genesis: nothing is stale yet. */
export function sweepAfterImport(leaves: bigint, version: bigint): WriteOperation {
  const record: SweepRecord = { ...FIRST, leaves, since: version + PASS_VERSIONS };
  return { key: SWEEP, value: encode(sweepCodec, record) };
}

export interface Sweep {
  /** leaves to write anew although nothing changes them */
  readonly touched: readonly Change[];
  readonly writes: readonly WriteOperation[];
}

/**
 * Nodes of one version lie together, so a version can be deleted only when nothing leads there any more. A slow,
 * endless pass over the leaves therefore writes each way anew: when a pass that began at version v is over, all
 * later trees consist of nodes from v on. Roots do not depend on it.
 * @param grown leaves that this version adds, less those it removes
 */
export function sweep(
  reader: KeyValueReader,
  version: bigint,
  grown: number,
  isChanged: (key: Uint8Array) => boolean,
): Sweep {
  const stored = reader.get(SWEEP);
  const before = stored ? decodeOwn(sweepCodec, stored) : FIRST;
  const record = { ...before, leaves: before.leaves + BigInt(grown) };
  const deleted = deleteDead(reader, version, record);
  const passed = passOn(reader, version, { ...record, floors: deleted.floors });
  return {
    touched: passed.visited.filter(({ key }) => !isChanged(key)),
    writes: [...deleted.writes, { key: SWEEP, value: encode(sweepCodec, passed.record) }],
  };
}

function deleteDead(
  reader: KeyValueReader,
  version: bigint,
  { floors }: SweepRecord,
): { readonly floors: readonly Floor[]; readonly writes: readonly WriteOperation[] } {
  const oldest = version - KEPT_VERSIONS;
  if (oldest <= 0n) return { floors, writes: [] };
  const root: WriteOperation = { key: rootKey(oldest - 1n), value: undefined };
  const [floor, ...later] = floors;
  if (!floor || oldest < floor.after) return { floors, writes: [root] };
  const rows = reader.range(chunksFrom(0), chunksFrom(Number(floor.below)), DELETE_LIMIT);
  const dead = [...rows].map(([key]): WriteOperation => ({ key, value: undefined }));
  return { floors: dead.length < DELETE_LIMIT ? later : floors, writes: [root, ...dead] };
}

function passOn(
  reader: KeyValueReader,
  version: bigint,
  record: SweepRecord,
): { readonly record: SweepRecord; readonly visited: readonly Change[] } {
  const { cursor, floors, leaves, since } = record;
  if (version < since) return { record, visited: [] };
  const wanted = Number(leaves / PASS_VERSIONS) + 1;
  const from = cursor.length === 0 ? valueKey(NOTHING) : Uint8Array.of(...cursor, 0);
  const found = [...reader.range(from, VALUES_END, wanted)];
  const visited = found.map(([key, value]) => ({ key: key.slice(1), value }));
  const last = found.at(-1);
  if (last && found.length === wanted) {
    return { record: { ...record, cursor: last[0].slice() }, visited };
  }
  const floor: Floor = { below: since, after: version };
  const soonest = since + PASS_VERSIONS;
  const next = soonest > version ? soonest : version + 1n;
  return {
    record: { leaves, since: next, cursor: NOTHING, floors: [...floors, floor] },
    visited,
  };
}
