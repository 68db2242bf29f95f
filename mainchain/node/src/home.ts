import { join } from "node:path";
import type { Genesis } from "@ropenet/protocol";
import { createRuntime, type Runtime } from "@ropenet/runtime";
import type { NodeConfig } from "./config.ts";
import { type CheckpointKey, openCheckpointKey } from "./engine/checkpoint-key.ts";
import { APPLICATION_PREFIX, hasHistory, type Ledger, openLedger } from "./engine/ledger.ts";
import { openSigner, type Signer } from "./engine/signer.ts";
import { openWal, type Wal } from "./engine/wal.ts";
import { readGenesis } from "./genesis-file.ts";
import { type NodeKeys, readKeys } from "./keys.ts";
import { type Meter, SILENT_METER } from "./metrics/meter.ts";
import { watchStore, watchWal } from "./metrics/watched.ts";
import { openStore } from "./store/open-store.ts";
import { readBelow } from "./store/prefixed.ts";
import { createPruner, type Pruner } from "./store/prune.ts";
import { sealWal } from "./store/sealed-store.ts";
import type { Sealer } from "./store/sealer.ts";
import { openStoreKey } from "./store/store-key.ts";

/** Everything of a node that outlives its process. */
export interface Home {
  readonly genesis: Genesis;
  readonly genesisBytes: Uint8Array;
  readonly keys: NodeKeys;
  readonly runtime: Runtime;
  readonly ledger: Ledger;
  readonly wal: Wal;
  /** absent on observers, as is `checkpointKey` */
  readonly signer: Signer | undefined;
  readonly checkpointKey: CheckpointKey | undefined;
  /** absent in archive mode */
  readonly pruner: Pruner | undefined;
  close(): void;
}

export interface HomeOptions {
  readonly meter?: Meter;
  /** of the store's key, where the configuration names one */
  readonly passphrase?: string | undefined;
}

/** Undefined where nothing is encrypted. @throws {NodeError} `store/no-passphrase`, `store/wrong-passphrase` */
export function openSealer(
  { encryption }: NodeConfig,
  passphrase: string | undefined,
): Sealer | undefined {
  return encryption && openStoreKey(encryption.keyFile, passphrase);
}

/**
 * The store comes first: it is locked, so nobody else reaches log and signer files of this home. Those must
 * exist once the store has a genesis: a validator that lost them could sign a second time.
 * @throws {CodedError} in one line what is wrong with the home
 */
export function openHome(config: NodeConfig, options: HomeOptions = {}): Home {
  const { meter = SILENT_METER } = options;
  const { genesis, bytes: genesisBytes } = readGenesis(config.genesisFile);
  const sealer = openSealer(config, options.passphrase);
  const keys = readKeys(config.keysFile, sealer);
  const opened: { close(): void }[] = [];
  const hold = <T extends { close(): void }>(part: T): T => {
    opened.push(part);
    return part;
  };
  const close = (): void => {
    for (const part of opened.splice(0).reverse()) part.close();
  };
  try {
    const store = hold(watchStore(openStore(config.directory, sealer), meter));
    const at = (name: string): string => join(config.directory, name);
    const mustExist = hasHistory(store);
    const { chainId } = genesis.parameters;
    const { secretKey, address, bridge } = keys;
    const signer =
      bridge &&
      hold(openSigner({ file: at("signer.state"), secretKey, address, chainId, mustExist }));
    const checkpointKey =
      bridge && hold(openCheckpointKey({ file: at("checkpoint.state"), keys: bridge, mustExist }));
    const log = hold(watchWal(openWal(at("consensus.wal")), meter));
    const wal = sealer ? sealWal(log, sealer) : log;
    const runtime = createRuntime({
      reader: readBelow(store, APPLICATION_PREFIX),
      checkInvariants: true,
    });
    const { application } = runtime;
    const { evidenceBlocks } = genesis.staking;
    const ledger = openLedger(
      {
        ...{ genesisFile: config.genesisFile, genesisBytes, chainId },
        genesisTimeMs: genesis.timeMs,
        evidenceBlocks,
      },
      { store, application },
    );
    const pruner = config.pruning && createPruner(store, { ...config.pruning, evidenceBlocks });
    const chain = { genesis, genesisBytes, keys, runtime, ledger, pruner };
    return { ...chain, wal, signer, checkpointKey, close };
  } catch (error) {
    close();
    throw error;
  }
}
