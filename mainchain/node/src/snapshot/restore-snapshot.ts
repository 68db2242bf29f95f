import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  type Block,
  CodedError,
  concatBytes,
  decode,
  equalBytes,
  sm3,
  validatorSetHash,
  type WriteBatch,
} from "@ropenet/protocol";
import { createRuntime } from "@ropenet/runtime";
import { APPLICATION_PREFIX, evidenceMarks, GENESIS_KEY } from "../engine/ledger.ts";
import { recordOfPast } from "../store/block-store.ts";
import type { KeyValueStore } from "../store/key-value-store.ts";
import { createMemoryStore } from "../store/memory-store.ts";
import { placeBelow, readBelow } from "../store/prefixed.ts";
import { type ChainPart, chainPartCodec } from "./chain-part.ts";
import { MANIFEST, pieceName } from "./create-snapshot.ts";
import { type PieceKind, SnapshotError } from "./errors.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { entriesOf } from "./pieces.ts";
import { type Anchor, verifyChainPart } from "./verify-chain-part.ts";

/** Where a snapshot comes from; what it gives is believed only after it was checked. */
export interface SnapshotSource {
  readonly manifest: Uint8Array;
  piece(kind: PieceKind, index: number): Uint8Array;
}

export interface RestoreOptions {
  readonly chainId: Uint8Array;
  readonly genesisHash: Uint8Array;
  /** of the genesis: how far back a node must know the chain */
  readonly evidenceBlocks: bigint;
  readonly anchor: Anchor;
  /** the node's state folder; must hold no state yet */
  readonly directory: string;
  readonly openStore: (directory: string) => KeyValueStore;
}

const STORE_FILE = "state.db";

export function openSnapshot(directory: string): SnapshotSource {
  const read = (name: string): Uint8Array => {
    const file = join(directory, name);
    try {
      return Uint8Array.from(readFileSync(file));
    } catch (cause) {
      const detail = (cause as NodeJS.ErrnoException).code ?? String(cause);
      throw new SnapshotError({ code: "snapshot/unreadable", file, detail }, { cause });
    }
  };
  return {
    manifest: read(MANIFEST),
    piece: (kind, index) => read(pieceName(kind, index)),
  };
}

/** Who the genesis says decides height 1. */
export function genesisAnchor(genesisBytes: Uint8Array): Anchor {
  const { application } = createRuntime({ reader: createMemoryStore(), checkInvariants: false });
  const { validators } = application.initGenesis(genesisBytes);
  return { kind: "genesis", validatorsHash: validatorSetHash(validators) };
}

/**
 * Checks everything and builds the store beside the place where it will be; the last step is one rename.
 * @throws {SnapshotError} and leaves nothing behind
 */
export function restoreSnapshot(source: SnapshotSource, options: RestoreOptions): Manifest {
  const { directory, chainId, genesisHash, anchor, openStore } = options;
  const target = join(directory, STORE_FILE);
  if (existsSync(target)) throw new SnapshotError({ code: "snapshot/not-empty", directory });
  const manifest = readManifest(source.manifest);
  if (!equalBytes(manifest.chainId, chainId) || !equalBytes(manifest.genesisHash, genesisHash)) {
    throw new SnapshotError({ code: "snapshot/wrong-chain" });
  }
  const part = readChainPart(manifest, source);
  const bound = verifyChainPart(options, manifest, part, anchor);
  const fresh = join(directory, "restore.new");
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  try {
    const store = openStore(fresh);
    try {
      importEntries(store, manifest, source);
      store.write(chainRecords(part, manifest, bound.block));
    } finally {
      store.close();
    }
    renameSync(join(fresh, STORE_FILE), target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return manifest;
}

/** @throws {SnapshotError} `snapshot/bad-piece` */
export function checkedPiece(
  manifest: Manifest,
  part: PieceKind,
  index: number,
  bytes: Uint8Array,
): Uint8Array {
  const expected = manifest[part][index];
  if (expected && equalBytes(sm3(bytes), expected)) return bytes;
  throw new SnapshotError({ code: "snapshot/bad-piece", part, index });
}

function* checkedPieces(
  manifest: Manifest,
  source: SnapshotSource,
  kind: PieceKind,
): Generator<Uint8Array> {
  for (let index = 0; index < manifest[kind].length; index += 1) {
    yield checkedPiece(manifest, kind, index, source.piece(kind, index));
  }
}

function readChainPart(manifest: Manifest, source: SnapshotSource): ChainPart {
  const bytes = concatBytes(...checkedPieces(manifest, source, "chain"));
  try {
    return decode(chainPartCodec, bytes);
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw new SnapshotError({ code: "snapshot/bad-manifest", detail: cause.code }, { cause });
  }
}

function importEntries(store: KeyValueStore, manifest: Manifest, source: SnapshotSource): void {
  const { height, timeMs, entries, stateRoot } = manifest;
  const { snapshots } = createRuntime({
    reader: readBelow(store, APPLICATION_PREFIX),
    checkInvariants: false,
  });
  const write = (batch: WriteBatch): void => store.write(placeBelow(batch, APPLICATION_PREFIX));
  const pieces = checkedPieces(manifest, source, "state");
  const got = snapshots.import({ height, timeMs, entries }, entriesOf(pieces), write, stateRoot);
  if (!equalBytes(got, stateRoot)) {
    throw new SnapshotError({ code: "snapshot/wrong-root", expected: stateRoot, got });
  }
}

function chainRecords(
  { block, commit, past, sets }: ChainPart,
  { genesisHash, height }: Manifest,
  decoded: Block,
): WriteBatch {
  const marks = [...past, decoded].flatMap(({ header, evidence }) =>
    evidenceMarks(header.height, evidence),
  );
  return [
    ...recordOfPast({
      block,
      commit,
      height,
      past,
      sets,
    }),
    ...marks,
    { key: GENESIS_KEY, value: genesisHash },
  ];
}
