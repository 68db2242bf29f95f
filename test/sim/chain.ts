import { type NodeConfig, type NodeKeys, parseConfig } from "@ropenet/node";
import type { EngineHome } from "@ropenet/node/parts";
import {
  addressOf,
  DEFAULT_STAKING_PARAMETERS,
  digest,
  ENGINE,
  encode,
  encodeMessage,
  genesisCodec,
  type KeyValueReader,
  PROTOCOL_VERSION,
  ropeChainId,
  SUITE_KECCAK,
  SUITE_SM,
  secp256k1,
  signTransaction,
  sm2,
  sm3,
  sortValidators,
  transactionCodec,
  utf8ToBytes,
  validatorSetCodec,
} from "@ropenet/protocol";
import { createRuntime } from "@ropenet/runtime";
import { publicKeyOf } from "./signatures.ts";
import { createTallyApplication } from "./tally.ts";

/** `tally` for speed, `runtime` is the rope's own. Both behind the node's application boundary. */
export type ApplicationKind = "tally" | "runtime";

export const CHAIN_NAME = "simulation";
export const CHAIN_ID: Uint8Array = ropeChainId(CHAIN_NAME);
export const GENESIS_MS = 1_800_000_000_000;

const secret = (name: string): Uint8Array => sm3(utf8ToBytes(`simulation/${name}`));

const known = new Map<string, NodeKeys>();

/** The keys of the validator of that number: the same in every run. */
export function keysOf(validator: number): NodeKeys {
  const name = `validator/${validator}`;
  let keys = known.get(name);
  if (!keys) {
    const secretKey = secret(name);
    const publicKey = publicKeyOf(secretKey);
    const bridge = { suite1: secret(`${name}/suite1`), suite2: secret(`${name}/suite2`) };
    keys = { secretKey, publicKey, address: addressOf(publicKey), bridge };
    known.set(name, keys);
  }
  return keys;
}

export type HomeRuntime = EngineHome["runtime"];

/** A chain before its first block. */
export interface ChainSetup {
  readonly genesisBytes: Uint8Array;
  runtime(reader: KeyValueReader): HomeRuntime;
  senderOf(client: number): Uint8Array;
  /** The nonce-th transaction of one of the clients. */
  transaction(client: number, nonce: number): Uint8Array;
}

const entityOf = (index: number): Uint8Array => secret(`entity/${index}`);

function tallyGenesis(powers: readonly number[]): Uint8Array {
  const validators = powers.map((power, index) => {
    const { address, publicKey } = keysOf(index);
    return { address, publicKey, power: BigInt(power), entity: entityOf(index) };
  });
  return encode(validatorSetCodec, sortValidators(validators));
}

/** of a validator of power 1 */
const STAKE = 1_000_000n;

function ropeGenesis(powers: readonly number[]): Uint8Array {
  return encode(genesisCodec, {
    timeMs: BigInt(GENESIS_MS),
    parameters: {
      chainName: CHAIN_NAME,
      chainId: CHAIN_ID,
      protocolVersion: PROTOCOL_VERSION,
      checkpointIntervalMs: 1_000n,
      checkpointHeartbeatMs: 60_000n,
      minLegMs: 60_000n,
      maxHoldMs: 3_600_000n,
      baseFee: 1n,
      developmentProfile: true,
      engine: ENGINE.stake,
    },
    validators: powers.map((power, index) => {
      const { publicKey, bridge } = keysOf(index);
      if (!bridge) throw new Error("a validator has bridge keys");
      const bridgePublicKey = publicKeyOf(bridge.suite2);
      return {
        publicKey,
        entity: entityOf(index),
        stake: BigInt(power) * STAKE,
        ethereumAddress: secp256k1.getAddress(bridge.suite1),
        ethereumProof: secp256k1.sign(
          digest(SUITE_KECCAK, "bridge-key", CHAIN_ID, publicKey),
          bridge.suite1,
        ),
        bridgePublicKey,
        bridgeProof: sm2.sign(digest(SUITE_SM, "bridge-key", CHAIN_ID, publicKey), bridge.suite2),
      };
    }),
    accounts: [0, 1, 2, 3].map((client) => ({
      address: addressOf(publicKeyOf(secret(`client/${client}`))),
      balance: 10n ** 15n,
    })),
    members: [],
    offices: [],
    staking: DEFAULT_STAKING_PARAMETERS,
    authorities: [],
  });
}

/** Clients 0 to 3; what they send is remembered, since every seed sends the same. */
export function createChain(kind: ApplicationKind, powers: readonly number[]): ChainSetup {
  const transactions = new Map<string, Uint8Array>();
  const sign = (client: number, nonce: number): Uint8Array => {
    const secretKey = secret(`client/${client}`);
    const body = {
      version: PROTOCOL_VERSION,
      chainId: CHAIN_ID,
      publicKey: publicKeyOf(secretKey),
      nonce: BigInt(nonce),
      feeLimit: 10n ** 6n,
      expiryHeight: 50_000n,
      ...encodeMessage("accounts/transfer", { to: keysOf(0).address, amount: 1n }),
    };
    if (kind === "runtime") return signTransaction(body, secretKey);
    return encode(transactionCodec, { body, signature: new Uint8Array(64) });
  };
  return {
    senderOf: (client) => addressOf(publicKeyOf(secret(`client/${client}`))),
    genesisBytes: kind === "tally" ? tallyGenesis(powers) : ropeGenesis(powers),
    runtime(reader): HomeRuntime {
      if (kind === "runtime") return createRuntime({ reader, checkInvariants: true });
      const application = createTallyApplication(reader);
      const account = (address: Uint8Array) => ({
        nonce: application.nonceOf(address),
        balance: 0n,
      });
      return {
        application,
        queries: {
          account,
          checkpointsToSign: () => [],
          handoversToSign: () => [],
          isCandidate: () => false,
        },
      };
    },
    transaction(client, nonce): Uint8Array {
      const name = `${client}/${nonce}`;
      let bytes = transactions.get(name);
      if (!bytes) {
        bytes = sign(client, nonce);
        transactions.set(name, bytes);
      }
      return bytes;
    },
  };
}

const NODE_CONFIG: NodeConfig = parseConfig(
  {
    genesisFile: "genesis",
    p2p: { port: 1 },
    rpc: { port: 2 },
    log: { level: "silent" },
  },
  "/",
);

const fifthOf = ({ baseMs, perRoundMs, maxMs }: NodeConfig["timeouts"]["propose"]) => ({
  baseMs: baseMs / 5,
  perRoundMs: perRoundMs / 5,
  maxMs: maxMs / 5,
});

const { propose, prevote, precommit } = NODE_CONFIG.timeouts;

export const NODE_CONFIGS: Readonly<Record<"production" | "short", NodeConfig>> = {
  /** the node's own defaults */
  production: NODE_CONFIG,
  short: {
    ...NODE_CONFIG,
    timeouts: {
      propose: fifthOf(propose),
      prevote: fifthOf(prevote),
      precommit: fifthOf(precommit),
    },
  },
};
