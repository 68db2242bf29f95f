import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import {
  bytesToHex,
  DEFAULT_STAKING_PARAMETERS,
  digest,
  ENGINE,
  encode,
  entityOf,
  type Genesis,
  type GenesisAccount,
  type GenesisMember,
  type GenesisOffice,
  type GenesisValidator,
  genesisCodec,
  type ParametersRecord,
  PROTOCOL_VERSION,
  ropeChainId,
  type StakingParametersRecord,
  SUITE_KECCAK,
  SUITE_SM,
  secp256k1,
  signDigest,
  sm2,
} from "@ropenet/protocol";
import type { NodeConfigInput } from "./config.ts";
import { createKeys, type NodeKeys, writeKeys } from "./keys.ts";

export interface NodeHome {
  readonly directory: string;
  /** argument of `node src/main.ts --config FILE`; `--home directory` finds it too */
  readonly configFile: string;
  readonly keysFile: string;
}

/** Writes `keys.json` (mode 0600) and `config.json`. @throws EEXIST if the home holds keys already */
export function writeNodeHome(
  directory: string,
  keys: NodeKeys,
  config: Omit<NodeConfigInput, "keysFile">,
): NodeHome {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const home: NodeHome = {
    directory,
    configFile: join(directory, "config.json"),
    keysFile: join(directory, "keys.json"),
  };
  writeKeys(home.keysFile, keys);
  const file: NodeConfigInput = { ...config, keysFile: "keys.json" };
  writeFileSync(home.configFile, `${JSON.stringify(file, null, 2)}\n`);
  return home;
}

/** What genesis says of a validator, with proofs that it holds its bridge keys. */
export function genesisValidator(
  keys: NodeKeys,
  options: { readonly chainId: Uint8Array; readonly entity: Uint8Array; readonly stake: bigint },
): GenesisValidator {
  if (!keys.bridge) throw new Error("a validator needs bridge keys");
  const { chainId, entity, stake } = options;
  const { suite1, suite2 } = keys.bridge;
  const proven = (suite: 1 | 2): Uint8Array => digest(suite, "bridge-key", chainId, keys.publicKey);
  return {
    publicKey: keys.publicKey,
    entity,
    stake,
    ethereumAddress: secp256k1.getAddress(suite1),
    ethereumProof: signDigest(SUITE_KECCAK, proven(SUITE_KECCAK), suite1),
    bridgePublicKey: sm2.getPublicKey(suite2),
    bridgeProof: signDigest(SUITE_SM, proven(SUITE_SM), suite2),
  };
}

export interface DevnetOptions {
  /** created if absent; must hold no devnet yet */
  readonly directory: string;
  readonly chainName: string;
  readonly validators: number;
  /** nodes with keys of a validator that genesis does not know: `staking/create-validator` makes them one */
  readonly candidates?: number;
  /** one per validator; 1_000_000 each if left out */
  readonly stakes?: readonly bigint[];
  /** node i listens on basePort + 2i (peers) and basePort + 2i + 1 (RPC), on 127.0.0.1 */
  readonly basePort: number;
  readonly accounts?: readonly GenesisAccount[];
  readonly members?: readonly GenesisMember[];
  readonly offices?: readonly GenesisOffice[];
  readonly parameters?: Partial<
    Omit<ParametersRecord, "chainName" | "chainId" | "protocolVersion">
  >;
  readonly staking?: Partial<StakingParametersRecord>;
  /** certificates (DER) of those who may admit validators */
  readonly authorities?: readonly Uint8Array[];
  /** genesis time; now if left out */
  readonly timeMs?: bigint;
  /** further settings of every node's config */
  readonly config?: Pick<NodeConfigInput, "mempool" | "metrics" | "timeouts" | "block" | "log"> & {
    readonly rpc?: Omit<NodeConfigInput["rpc"], "host" | "port">;
  };
}

export interface DevnetNode extends NodeHome {
  /** 0-based, in the order of `stakes`; not the order of the validator set */
  readonly index: number;
  readonly address: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly p2pPort: number;
  readonly rpcPort: number;
  readonly rpcUrl: string;
}

export interface Devnet {
  readonly directory: string;
  readonly genesisFile: string;
  readonly genesis: Genesis;
  readonly chainId: Uint8Array;
  readonly nodes: readonly DevnetNode[];
}

const HOUR_MS = 3_600_000n;

/** Checkpoints at most once a second while an outbox grows, else every minute; see docs/protocol.md §6. */
const DEVNET_PARAMETERS: Omit<ParametersRecord, "chainName" | "chainId" | "protocolVersion"> = {
  checkpointIntervalMs: 1_000n,
  checkpointHeartbeatMs: 60_000n,
  minLegMs: 60_000n,
  maxHoldMs: 72n * HOUR_MS,
  baseFee: 1n,
  developmentProfile: true,
  engine: ENGINE.stake,
};

const nodeCount = ({ validators, candidates }: DevnetOptions): number =>
  validators + (candidates ?? 0);

/** Writes genesis and one home per validator under `directory`. Start each with `main.ts --config`. */
export function createDevnet(options: DevnetOptions): Devnet {
  const directory = resolve(options.directory);
  mkdirSync(directory, { recursive: true });
  const chainId = ropeChainId(options.chainName);
  const count = nodeCount(options);
  const keys = Array.from({ length: count }, () => createKeys({ bridge: true }));
  const genesis: Genesis = {
    timeMs: options.timeMs ?? BigInt(Date.now()),
    parameters: {
      ...DEVNET_PARAMETERS,
      ...options.parameters,
      chainName: options.chainName,
      chainId,
      protocolVersion: PROTOCOL_VERSION,
    },
    validators: keys.slice(0, options.validators).map((own, index) =>
      genesisValidator(own, {
        chainId,
        entity: entityOf(`${options.chainName}/${index}`),
        stake: options.stakes?.[index] ?? 1_000_000n,
      }),
    ),
    accounts: options.accounts ?? [],
    members: options.members ?? [],
    offices: options.offices ?? [],
    staking: { ...DEFAULT_STAKING_PARAMETERS, ...options.staking },
    authorities: options.authorities ?? [],
  };
  const genesisFile = join(directory, "genesis.hex");
  writeFileSync(genesisFile, `${bytesToHex(encode(genesisCodec, genesis))}\n`, { flag: "wx" });
  const nodes = keys.map((own, index) => writeDevnetNode(options, genesisFile, own, index));
  return { directory, genesisFile, genesis, chainId, nodes };
}

function writeDevnetNode(
  options: DevnetOptions,
  genesisFile: string,
  keys: NodeKeys,
  index: number,
): DevnetNode {
  const directory = join(resolve(options.directory), `node-${index}`);
  const p2pPort = options.basePort + 2 * index;
  const rpcPort = p2pPort + 1;
  const others = Array.from({ length: nodeCount(options) }, (_, other) => other).filter(
    (other) => other !== index,
  );
  const home = writeNodeHome(directory, keys, {
    directory: "state",
    genesisFile: relative(directory, genesisFile),
    p2p: {
      host: "127.0.0.1",
      port: p2pPort,
      peers: others.map((other) => `127.0.0.1:${options.basePort + 2 * other}`),
    },
    ...options.config,
    rpc: { ...options.config?.rpc, host: "127.0.0.1", port: rpcPort },
  });
  return {
    ...home,
    index,
    address: keys.address,
    publicKey: keys.publicKey,
    p2pPort,
    rpcPort,
    rpcUrl: `http://127.0.0.1:${rpcPort}`,
  };
}
