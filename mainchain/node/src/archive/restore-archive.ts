import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, CodedError, decode, genesisCodec, hexToBytes } from "@ropenet/protocol";
import { createRuntime, type Runtime } from "@ropenet/runtime";
import { APPLICATION_PREFIX, type Ledger, openLedger } from "../engine/ledger.ts";
import {
  genesisAnchor,
  openSnapshot,
  type RestoreOptions,
  restoreSnapshot,
} from "../snapshot/restore-snapshot.ts";
import type { Anchor } from "../snapshot/verify-chain-part.ts";
import type { KeyValueStore } from "../store/key-value-store.ts";
import { readBelow } from "../store/prefixed.ts";
import { type ArchiveIndex, GENESIS, readIndex, snapshotName } from "./archive.ts";
import { ArchiveError } from "./errors.ts";
import { readGenesisBytes, verifiedBlocks } from "./verify-archive.ts";

export interface RestoreArchiveOptions {
  readonly archive: string;
  /** the node's state folder; must hold no state yet */
  readonly directory: string;
  readonly openStore: (directory: string) => KeyValueStore;
  /** begin at the newest snapshot instead of executing everything since genesis */
  readonly fromSnapshot: boolean;
  /** whom a snapshot is believed; the genesis' validators if left out */
  readonly anchor?: Anchor;
  readonly onBlock?: (height: bigint) => void;
}

const STORE_FILE = "state.db";

/**
 * Executes the archived blocks and compares the roots: of every height with the header above, of the last with the
 * index. The state folder gets its store by one rename at the end.
 * @throws {ArchiveError} | {SnapshotError}
 */
export function restoreArchive(options: RestoreArchiveOptions): ArchiveIndex {
  const { archive, directory, openStore } = options;
  const index = readIndex(archive);
  const fresh = join(directory, "archive.new");
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  try {
    const genesisBytes = readGenesisBytes(archive, index);
    if (options.fromSnapshot || index.from !== "1") {
      restoreNewest(index, genesisBytes, { ...options, directory: fresh });
    }
    const store = openStore(fresh);
    try {
      replay(store, index, genesisBytes, options);
    } finally {
      store.close();
    }
    renameSync(join(fresh, STORE_FILE), join(directory, STORE_FILE));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return index;
}

function restoreNewest(
  index: ArchiveIndex,
  genesisBytes: Uint8Array,
  { archive, directory, openStore, anchor }: RestoreArchiveOptions,
): void {
  const from = BigInt(index.from);
  const newest = index.snapshots
    .map(BigInt)
    .filter((height) => height >= from - 1n)
    .toSorted((one, other) => Number(other - one))[0];
  if (newest === undefined) throw new ArchiveError({ code: "archive/no-beginning", from });
  const target: RestoreOptions = {
    chainId: hexToBytes(index.chainId),
    genesisHash: hexToBytes(index.genesisHash),
    evidenceBlocks: decode(genesisCodec, genesisBytes).staking.evidenceBlocks,
    anchor: anchor ?? genesisAnchor(genesisBytes),
    directory,
    openStore,
  };
  restoreSnapshot(openSnapshot(join(archive, snapshotName(newest))), target);
}

function replay(
  store: KeyValueStore,
  index: ArchiveIndex,
  genesisBytes: Uint8Array,
  { archive, onBlock }: RestoreArchiveOptions,
): void {
  const { ledger, runtime } = openChain(store, join(archive, GENESIS), genesisBytes);
  for (const { bound, commit } of verifiedBlocks(archive, index)) {
    const { height } = bound.block.header;
    if (height <= ledger.tip().height) continue;
    try {
      ledger.verifyCertificate(bound, commit);
      ledger.commit(bound, commit);
    } catch (cause) {
      if (!(cause instanceof CodedError)) throw cause;
      throw new ArchiveError({ code: "archive/tampered", height, reason: cause.code }, { cause });
    }
    onBlock?.(height);
  }
  const got = bytesToHex(runtime.application.info().stateRoot);
  if (got !== index.stateRoot) {
    throw new ArchiveError({ code: "archive/wrong-root", expected: index.stateRoot, got });
  }
}

function openChain(
  store: KeyValueStore,
  genesisFile: string,
  genesisBytes: Uint8Array,
): { readonly ledger: Ledger; readonly runtime: Runtime } {
  const genesis = decode(genesisCodec, genesisBytes);
  const reader = readBelow(store, APPLICATION_PREFIX);
  const runtime = createRuntime({ reader, checkInvariants: true });
  const { application } = runtime;
  const { chainId } = genesis.parameters;
  const ledger = openLedger(
    {
      genesisFile,
      genesisBytes,
      chainId,
      genesisTimeMs: genesis.timeMs,
      evidenceBlocks: genesis.staking.evidenceBlocks,
    },
    { store, application },
  );
  return { ledger, runtime };
}
