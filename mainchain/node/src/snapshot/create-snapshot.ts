import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { encode, sm3 } from "@ropenet/protocol";
import type { StateSnapshots } from "@ropenet/runtime";
import type { Ledger } from "../engine/ledger.ts";
import { chainPartCodec, collectChainPart } from "./chain-part.ts";
import { type PieceKind, SnapshotError } from "./errors.ts";
import { type Manifest, manifestCodec, SNAPSHOT_VERSION } from "./manifest.ts";
import { createPieceBuilder, cut } from "./pieces.ts";

export interface SnapshotParts {
  readonly ledger: Ledger;
  readonly snapshots: StateSnapshots;
}

export const pieceName = (kind: PieceKind, index: number): string =>
  `${kind}-${String(index).padStart(5, "0")}.bin`;
export const MANIFEST = "manifest.bin";
/** Votes may not wait for a snapshot longer than this, and the writing of a piece. */
const SLICE_MS = 5;

/**
 * Writes the state after `height` with what proves it. Blocks may be committed meanwhile: the work is done in slices of
 * the event loop. The folder appears when it is whole.
 * @throws {SnapshotError} `snapshot/exists`, `snapshot/no-such-height`; {CodedError} `state/height-pruned`
 */
export async function createSnapshot(
  { ledger, snapshots }: SnapshotParts,
  height: bigint,
  directory: string,
): Promise<Manifest> {
  if (existsSync(directory)) throw new SnapshotError({ code: "snapshot/exists", directory });
  const part = await collectChainPart(ledger, height);
  const header = ledger.blocks.header(height);
  if (!header) throw new Error("a block without its header");
  const fresh = `${directory}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  function keep(kind: PieceKind, hashes: Uint8Array[], piece: Uint8Array | undefined): void {
    if (!piece) return;
    writeFileSync(join(fresh, pieceName(kind, hashes.length)), piece);
    hashes.push(sm3(piece));
  }
  const state: Uint8Array[] = [];
  const builder = createPieceBuilder();
  let entries = 0n;
  let endMs = performance.now() + SLICE_MS;
  for (const entry of snapshots.entries(height)) {
    entries += 1n;
    keep("state", state, builder.add(entry));
    if (performance.now() < endMs) continue;
    await nextTurn();
    endMs = performance.now() + SLICE_MS;
  }
  keep("state", state, builder.finish());
  const chain: Uint8Array[] = [];
  for (const piece of cut(encode(chainPartCodec, part))) {
    keep("chain", chain, piece);
    await nextTurn();
  }
  const manifest: Manifest = {
    version: SNAPSHOT_VERSION,
    chainId: ledger.chainId,
    genesisHash: ledger.genesisHash,
    height,
    timeMs: header.timeMs,
    stateRoot: part.next.header.stateRoot,
    entries,
    state,
    chain,
  };
  writeFileSync(join(fresh, MANIFEST), encode(manifestCodec, manifest));
  renameSync(fresh, directory);
  return manifest;
}
