import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, encode, sm3, type ValidatorSet } from "@ropenet/protocol";
import type { StateSnapshots } from "@ropenet/runtime";
import type { Ledger } from "../engine/ledger.ts";
import { createSnapshot } from "../snapshot/create-snapshot.ts";
import {
  type ArchivedBlock,
  type ArchiveIndex,
  GENESIS,
  readIndex,
  readSets,
  SEGMENT_BLOCKS,
  SETS,
  segmentCodec,
  segmentName,
  segmentStart,
  setsCodec,
  snapshotName,
  writeIndex,
} from "./archive.ts";
import { ArchiveError } from "./errors.ts";

export interface ArchiveSource {
  readonly ledger: Ledger;
  readonly genesisBytes: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly snapshots: StateSnapshots;
}

export interface ExportOptions {
  readonly directory: string;
  /** also the state of the height below the tip */
  readonly snapshot: boolean;
}

/**
 * Blocks and commits up to the tip, added to what the archive holds already.
 * @throws {ArchiveError} `archive/wrong-chain`, `archive/unreadable`
 */
export async function exportArchive(
  source: ArchiveSource,
  { directory, snapshot }: ExportOptions,
): Promise<ArchiveIndex> {
  const { ledger, genesisBytes } = source;
  mkdirSync(directory, { recursive: true });
  const known = existsSync(join(directory, "archive.json")) ? readIndex(directory) : undefined;
  const genesisHash = bytesToHex(ledger.genesisHash);
  if (known && known.genesisHash !== genesisHash)
    throw new ArchiveError({ code: "archive/wrong-chain" });
  writeFileSync(join(directory, GENESIS), `${bytesToHex(genesisBytes)}\n`);
  const tip = ledger.tip().height;
  const segments: Record<string, string> = { ...known?.segments };
  const first = known ? BigInt(known.from) : firstBlock(ledger, tip);
  // The last segment may have been shorter then.
  const resume = known && BigInt(known.to) >= first ? segmentStart(BigInt(known.to)) : first;
  for (let start = segmentStart(resume); start <= tip; start += SEGMENT_BLOCKS) {
    const bytes = encode(segmentCodec, collect(ledger, start < first ? first : start, start, tip));
    writeFileSync(join(directory, segmentName(start)), bytes);
    segments[segmentName(start)] = bytesToHex(sm3(bytes));
  }
  writeFileSync(
    join(directory, SETS),
    encode(setsCodec, collectSets(ledger, directory, known, tip)),
  );
  const snapshots = [...(known?.snapshots ?? [])];
  if (snapshot && tip > 1n && !snapshots.includes(String(tip - 1n))) {
    const folder = join(directory, snapshotName(tip - 1n));
    rmSync(folder, { recursive: true, force: true });
    await createSnapshot(source, tip - 1n, folder);
    snapshots.push(String(tip - 1n));
  }
  const index: ArchiveIndex = {
    version: 1,
    chainId: bytesToHex(ledger.chainId),
    genesisHash,
    from: String(first),
    to: String(tip),
    stateRoot: bytesToHex(source.stateRoot),
    segments,
    snapshots,
  };
  writeIndex(directory, index);
  return index;
}

/** A pruned store begins later. */
function firstBlock({ blocks }: Ledger, tip: bigint): bigint {
  let low = 1n;
  let high = tip;
  while (low < high) {
    const middle = (low + high) / 2n;
    if (blocks.blockBytes(middle)) high = middle;
    else low = middle + 1n;
  }
  return low;
}

function collect(
  { blocks }: Ledger,
  from: bigint,
  start: bigint,
  tip: bigint,
): readonly ArchivedBlock[] {
  const found: ArchivedBlock[] = [];
  for (let height = from; height < start + SEGMENT_BLOCKS && height <= tip; height += 1n) {
    const block = blocks.blockBytes(height);
    const commit = blocks.commitBytes(height);
    if (!block || !commit) throw new Error(`block ${height} is not in the store`);
    found.push({ block, commit });
  }
  return found;
}

function collectSets(
  { blocks }: Ledger,
  directory: string,
  known: ArchiveIndex | undefined,
  tip: bigint,
): readonly ValidatorSet[] {
  const sets = new Map<string, ValidatorSet>();
  if (known)
    for (const set of readSets(directory)) sets.set(bytesToHex(sm3(encode(setsCodec, [set]))), set);
  let last = "";
  for (let height = known ? BigInt(known.to) : 1n; height <= tip; height += 1n) {
    const hash = blocks.header(height)?.validatorsHash;
    if (!hash || bytesToHex(hash) === last) continue;
    last = bytesToHex(hash);
    const set = blocks.validators(hash);
    if (set) sets.set(bytesToHex(sm3(encode(setsCodec, [set]))), set);
  }
  return [...sets.values()];
}
