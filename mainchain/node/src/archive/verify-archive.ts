import {
  bytesToHex,
  CodedError,
  type Commit,
  commitCodec,
  decode,
  equalBytes,
  hexToBytes,
  sm3,
  type ValidatorSet,
  validatorSetHash,
  verifyCommit,
  ZERO_32,
} from "@ropenet/protocol";
import { type BoundBlock, readBlock } from "../engine/block-body.ts";
import { genesisAnchor } from "../snapshot/restore-snapshot.ts";
import {
  type ArchivedBlock,
  type ArchiveIndex,
  GENESIS,
  readArchiveFile,
  readIndex,
  readSegment,
  readSets,
  SEGMENT_BLOCKS,
  segmentStart,
} from "./archive.ts";
import { ArchiveError } from "./errors.ts";

export interface VerifiedBlock {
  readonly bound: BoundBlock;
  readonly commit: Commit;
}

/**
 * Block after block: the body is the one that its header commits to, the header follows the one before, and more
 * than two thirds of the validators that were due committed it. The checksums in the index play no part: whoever
 * tampers can write them anew.
 * @throws {ArchiveError} `archive/tampered` naming the first block that is not what it was
 */
export function* verifiedBlocks(
  directory: string,
  index: ArchiveIndex = readIndex(directory),
): Generator<VerifiedBlock> {
  const links = createLinks(directory, index);
  const [from, to] = [BigInt(index.from), BigInt(index.to)];
  for (let start = segmentStart(from); start <= to; start += SEGMENT_BLOCKS) {
    let height = start < from ? from : start;
    for (const archived of readChecked(directory, start, height)) {
      yield check(archived, height, links);
      height += 1n;
    }
    if (height <= to && height < start + SEGMENT_BLOCKS) tampered(height, "missing");
  }
}

/** Why a block does not follow the one before; undefined if it does. @throws {CodedError} for its commit */
type Links = (bound: BoundBlock, commit: Commit) => string | undefined;

function createLinks(directory: string, index: ArchiveIndex): Links {
  const chainId = hexToBytes(index.chainId);
  const sets = new Map(
    readSets(directory).map((set) => [bytesToHex(validatorSetHash(set)), set] as const),
  );
  let before: Uint8Array | undefined = index.from === "1" ? ZERO_32 : undefined;
  let due = trustedAtStart(directory, index);
  return ({ block: { header }, blockId }, commit) => {
    if (before && !equalBytes(header.lastBlockId, before)) return "follows another block";
    if (due && !equalBytes(header.validatorsHash, due)) return "other validators";
    const set: ValidatorSet | undefined = sets.get(bytesToHex(header.validatorsHash));
    if (!set) return "validators unknown";
    verifyCommit(chainId, set, header, commit);
    before = blockId;
    due = header.nextValidatorsHash;
    return undefined;
  };
}

/** All of it. @throws {ArchiveError} */
export function verifyArchive(directory: string): ArchiveIndex {
  const index = readIndex(directory);
  for (const _ of verifiedBlocks(directory, index));
  return index;
}

/** Undefined if the archive begins later: then its snapshot says who was due. */
function trustedAtStart(directory: string, index: ArchiveIndex): Uint8Array | undefined {
  const genesis = readGenesisBytes(directory, index);
  const anchor = genesisAnchor(genesis);
  return index.from === "1" && anchor.kind === "genesis" ? anchor.validatorsHash : undefined;
}

export function readGenesisBytes(directory: string, index: ArchiveIndex): Uint8Array {
  const text = new TextDecoder().decode(readArchiveFile(directory, GENESIS)).trim();
  const bytes = /^(?:[0-9a-f]{2})+$/.test(text) ? hexToBytes(text) : new Uint8Array(0);
  if (bytesToHex(sm3(bytes)) !== index.genesisHash) {
    throw new ArchiveError({ code: "archive/wrong-chain" });
  }
  return bytes;
}

/** A segment that cannot be taken apart is laid at the door of its first block. */
function readChecked(directory: string, start: bigint, height: bigint): readonly ArchivedBlock[] {
  try {
    return readSegment(directory, start);
  } catch (cause) {
    if (!(cause instanceof ArchiveError) || cause.info.code !== "archive/unreadable") throw cause;
    return tampered(height, `segment ${cause.info.detail}`);
  }
}

function check({ block, commit }: ArchivedBlock, height: bigint, fault: Links): VerifiedBlock {
  try {
    const bound = readBlock(block);
    if (bound.block.header.height !== height) return tampered(height, "another height");
    const decoded = decode(commitCodec, commit);
    const reason = fault(bound, decoded);
    return reason === undefined ? { bound, commit: decoded } : tampered(height, reason);
  } catch (error) {
    if (!(error instanceof CodedError) || error instanceof ArchiveError) throw error;
    return tampered(height, error.code);
  }
}

function tampered(height: bigint, reason: string): never {
  throw new ArchiveError({ code: "archive/tampered", height, reason });
}
