import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { encode, sm3 } from "@ropenet/protocol";
import type { StateSnapshots } from "@ropenet/runtime";
import type { Ledger } from "../engine/ledger.ts";
import { chainPartCodec, collectChainPart } from "./chain-part.ts";
import { type PieceKind, SnapshotError } from "./errors.ts";
import { type Manifest, manifestCodec, SNAPSHOT_VERSION } from "./manifest.ts";
import { cut, piecesOf } from "./pieces.ts";

export interface SnapshotParts {
  readonly ledger: Ledger;
  readonly snapshots: StateSnapshots;
}

export const pieceName = (kind: PieceKind, index: number): string =>
  `${kind}-${String(index).padStart(5, "0")}.bin`;
export const MANIFEST = "manifest.bin";

/**
 * Writes the state after `height` with what proves it. Blocks may be committed meanwhile; each piece is one turn of
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
  let entries = 0n;
  function* counted(): Generator<readonly [Uint8Array, Uint8Array]> {
    for (const entry of snapshots.entries(height)) {
      entries += 1n;
      yield entry;
    }
  }
  async function write(kind: PieceKind, pieces: Iterable<Uint8Array>): Promise<Uint8Array[]> {
    const hashes: Uint8Array[] = [];
    for (const piece of pieces) {
      writeFileSync(join(fresh, pieceName(kind, hashes.length)), piece);
      hashes.push(sm3(piece));
      await nextTurn();
    }
    return hashes;
  }
  const state = await write("state", piecesOf(counted()));
  const chain = await write("chain", cut(encode(chainPartCodec, part)));
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
