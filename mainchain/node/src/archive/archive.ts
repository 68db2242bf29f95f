import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Codec,
  CodedError,
  decode,
  list,
  MAX_BLOCK_BYTES,
  struct,
  u32,
  type ValidatorSet,
  validatorSetCodec,
  varBytes,
} from "@ropenet/protocol";
import { z } from "zod";
import { ArchiveError } from "./errors.ts";

/** A block and the commit that decided it, both encoded. */
export interface ArchivedBlock {
  readonly block: Uint8Array;
  readonly commit: Uint8Array;
}

const archivedCodec: Codec<ArchivedBlock> = struct<ArchivedBlock>({
  block: varBytes(MAX_BLOCK_BYTES),
  commit: varBytes(20_000),
});
export const SEGMENT_BLOCKS = 1_000n;
export const segmentCodec: Codec<readonly ArchivedBlock[]> = list(
  archivedCodec,
  Number(SEGMENT_BLOCKS),
  u32,
);
export const setsCodec: Codec<readonly ValidatorSet[]> = list(validatorSetCodec, 100_000, u32);

/** `archive.json`: what an archive says of itself. Bytes in hex, heights in decimal. */
export interface ArchiveIndex {
  readonly version: 1;
  readonly chainId: string;
  readonly genesisHash: string;
  readonly from: string;
  readonly to: string;
  /** after executing `to` */
  readonly stateRoot: string;
  /** SM3 of each segment, by its file: for whoever copies them */
  readonly segments: Readonly<Record<string, string>>;
  /** heights of the snapshots beside the blocks */
  readonly snapshots: readonly string[];
}

const hash: z.ZodString = z.string().regex(/^[0-9a-f]{64}$/);
const height: z.ZodString = z.string().regex(/^(?:0|[1-9][0-9]{0,18})$/);
const indexSchema: z.ZodType<ArchiveIndex> = z.strictObject({
  version: z.literal(1),
  chainId: hash,
  genesisHash: hash,
  from: height,
  to: height,
  stateRoot: hash,
  segments: z.record(z.string(), hash),
  snapshots: z.array(height),
});

const INDEX = "archive.json";
export const GENESIS = "genesis.hex";
export const SETS = "validator-sets.bin";
/** Named by the first height that the grid of segments has there. */
export const segmentName = (from: bigint): string => `blocks-${String(from).padStart(12, "0")}.bin`;
export const snapshotName = (at: bigint | string): string => `snapshot-${at}`;
export const segmentStart = (at: bigint): bigint =>
  ((at - 1n) / SEGMENT_BLOCKS) * SEGMENT_BLOCKS + 1n;

/** @throws {ArchiveError} `archive/unreadable` */
export function readArchiveFile(directory: string, name: string): Uint8Array {
  const file = join(directory, name);
  try {
    return Uint8Array.from(readFileSync(file));
  } catch (cause) {
    const detail = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new ArchiveError({ code: "archive/unreadable", file, detail }, { cause });
  }
}

/** @throws {ArchiveError} `archive/unreadable` */
export function readIndex(directory: string): ArchiveIndex {
  const bytes = readArchiveFile(directory, INDEX);
  try {
    return indexSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    const file = join(directory, INDEX);
    throw new ArchiveError({ code: "archive/unreadable", file, detail: "no index" }, { cause });
  }
}

export function writeIndex(directory: string, index: ArchiveIndex): void {
  const fresh = join(directory, `${INDEX}.new`);
  writeFileSync(fresh, `${JSON.stringify(index, null, 2)}\n`);
  renameSync(fresh, join(directory, INDEX));
}

/** @throws {ArchiveError} `archive/unreadable` */
export function readSegment(directory: string, from: bigint): readonly ArchivedBlock[] {
  return decodeFile(directory, segmentName(from), segmentCodec);
}

/** @throws {ArchiveError} `archive/unreadable` */
export function readSets(directory: string): readonly ValidatorSet[] {
  return decodeFile(directory, SETS, setsCodec);
}

function decodeFile<T>(directory: string, name: string, codec: Codec<T>): T {
  const bytes = readArchiveFile(directory, name);
  try {
    return decode(codec, bytes);
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    const file = join(directory, name);
    throw new ArchiveError({ code: "archive/unreadable", file, detail: cause.code }, { cause });
  }
}
