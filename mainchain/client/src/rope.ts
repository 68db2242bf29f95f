import {
  type AssetRecord,
  assetRecordCodec,
  blockIdOf,
  bytesToHex,
  type ChainRecord,
  type Codec,
  CodedError,
  type ConservationRecord,
  type CredentialRecord,
  chainRecordCodec,
  conservationRecordCodec,
  credentialRecordCodec,
  decode,
  equalBytes,
  type Genesis,
  genesisCodec,
  genesisValidatorSet,
  type HaltRecord,
  haltRecordCodec,
  hexToBytes,
  type LaneRecord,
  laneRecordCodec,
  type PositionRecord,
  type ProposalRecord,
  positionRecordCodec,
  proposalRecordCodec,
  type ReceiptRecord,
  receiptRecordCodec,
  type SentRecord,
  sentRecordCodec,
  sm3,
  stateKey,
  type TitleRecord,
  type TransferRecord,
  titleRecordCodec,
  transferRecordCodec,
  u32,
  u64,
  validatorSetHash,
} from "@ropenet/protocol";
import { fetchSignedHeader } from "./light/follow-sets.ts";
import { createLightClient, type LightClient, type TrustAnchor } from "./light/light-client.ts";
import { askAround, createFailoverRpcClient } from "./rpc/failover.ts";
import type { RpcClient } from "./rpc/rpc-client.ts";

export interface Rope {
  readonly rpc: RpcClient;
  readonly genesis: Genesis;
  readonly anchor: TrustAnchor;
  readonly light: LightClient;
  /** A record at the newest provable height, proven; undefined if proven absent. */
  read<T>(key: Uint8Array, codec: Codec<T>, signal?: AbortSignal): Promise<T | undefined>;
  /** The node's own word on its latest state: for polling and for lists, never for decisions about value. */
  peek<T>(key: Uint8Array, codec: Codec<T>, signal?: AbortSignal): Promise<T | undefined>;
}

/** What a caller knows of the rope by itself, from nobody that it asks. */
export interface RopeTrust {
  /** SM3 of the genesis bytes */
  readonly genesisHash: Uint8Array;
  /** a newer block that the caller knows to be the rope's, once genesis is older than the trusting period */
  readonly header?: {
    readonly height: bigint;
    /** `blockIdOf` its header */
    readonly id: Uint8Array;
    /** when the caller knew it to be the newest, milliseconds since 1970 */
    readonly atMs: bigint;
  };
}

/** RopeTrust as configuration files hold it. */
export interface RopeTrustJson {
  readonly genesisHash: string;
  readonly trustedHeader?:
    | { readonly height: number; readonly id: string; readonly atMs: number }
    | undefined;
}

export function ropeTrustOf({ genesisHash, trustedHeader }: RopeTrustJson): RopeTrust {
  const trust = { genesisHash: hexToBytes(genesisHash) };
  if (!trustedHeader) return trust;
  const { height, id, atMs } = trustedHeader;
  return { ...trust, header: { height: BigInt(height), id: hexToBytes(id), atMs: BigInt(atMs) } };
}

async function readGenesis(rpc: RpcClient, expected: Uint8Array): Promise<Genesis> {
  const bytes = hexToBytes((await rpc.call("genesis", {})).genesis);
  const actual = sm3(bytes);
  if (!equalBytes(actual, expected))
    throw new CodedError({ code: "light-client/wrong-genesis", expected, actual });
  return decode(genesisCodec, bytes);
}

/** From genesis alone, or from the block that the caller knows: never from what a node calls its newest set. */
async function anchorOf(rpc: RpcClient, genesis: Genesis, trust: RopeTrust): Promise<TrustAnchor> {
  const { chainId } = genesis.parameters;
  const { trustingPeriodMs } = genesis.staking;
  if (!trust.header) {
    const validators = genesisValidatorSet(genesis);
    return { chainId, validators, timeMs: genesis.timeMs, trustingPeriodMs };
  }
  const { height, id, atMs } = trust.header;
  const { header, validators } = await fetchSignedHeader(rpc, height);
  const isIt =
    equalBytes(blockIdOf(header), id) &&
    equalBytes(header.chainId, chainId) &&
    equalBytes(header.validatorsHash, validatorSetHash(validators));
  if (!isIt) throw new CodedError({ code: "light-client/untrusted-header", height, id });
  return { chainId, validators, timeMs: atMs, trustingPeriodMs, height };
}

/**
 * Connects to a rope that the caller knows by the hash of its genesis; nodes are believed for proofs only, and one
 * whose answer does not hold is left for the next.
 * `maxAgeMs`: how old the newest header may be (a live chain makes one every `checkpointHeartbeatMs`); 0 = any age.
 * @throws {CodedError} `light-client/wrong-genesis`, `light-client/untrusted-header`
 */
export async function connectRope(
  urls: readonly string[],
  trust: RopeTrust,
  options: { readonly maxAgeMs?: bigint } = {},
): Promise<Rope> {
  const rpc = createFailoverRpcClient(urls);
  const genesis = await askAround(rpc, () => readGenesis(rpc, trust.genesisHash));
  const anchor = await askAround(rpc, () => anchorOf(rpc, genesis, trust));
  const light = createLightClient(rpc, anchor, options);
  return {
    rpc,
    genesis,
    anchor,
    light,
    async read(key, codec, signal): Promise<never> {
      const { value } = await light.prove(key, undefined, signal);
      return (value === undefined ? undefined : decode(codec, value)) as never;
    },
    peek(key, codec, signal): Promise<never> {
      const look = async (): Promise<unknown> => {
        const { value } = await rpc.call("state", { key: bytesToHex(key) }, signal);
        return value === null ? undefined : decode(codec, hexToBytes(value));
      };
      return askAround(rpc, look, signal) as Promise<never>;
    },
  };
}

type Read = <T>(key: Uint8Array, codec: Codec<T>, signal?: AbortSignal) => Promise<T | undefined>;

/** The rope's records by name, over either `rope.read` (proven) or `rope.peek` (the node's word). */
export interface RopeRecords {
  chain(gateway: Uint8Array): Promise<ChainRecord | undefined>;
  chains(): Promise<readonly ChainRecord[]>;
  asset(assetId: Uint8Array): Promise<AssetRecord | undefined>;
  assets(): Promise<readonly AssetRecord[]>;
  conservation(assetId: Uint8Array): Promise<ConservationRecord | undefined>;
  position(assetId: Uint8Array, gateway: Uint8Array): Promise<PositionRecord | undefined>;
  title(assetId: Uint8Array, tokenId: Uint8Array): Promise<TitleRecord | undefined>;
  transfer(transferId: Uint8Array): Promise<TransferRecord | undefined>;
  transferCount(): Promise<bigint>;
  transferAt(index: bigint): Promise<TransferRecord | undefined>;
  credential(credentialId: Uint8Array): Promise<CredentialRecord | undefined>;
  lane(gateway: Uint8Array, lane: number): Promise<LaneRecord | undefined>;
  sent(gateway: Uint8Array, lane: number, sequence: bigint): Promise<SentRecord | undefined>;
  receipt(gateway: Uint8Array, lane: number, sequence: bigint): Promise<ReceiptRecord | undefined>;
  proposalCount(): Promise<bigint>;
  proposal(proposalId: bigint): Promise<ProposalRecord | undefined>;
  haltCount(): Promise<bigint>;
  haltAt(index: bigint): Promise<HaltRecord | undefined>;
  halt(haltId: Uint8Array): Promise<HaltRecord | undefined>;
}

const idCodec: Codec<Uint8Array> = {
  write: (writer, value) => writer.bytes(value),
  read: (reader, field) => reader.bytes(32, field),
};

export function recordsOf(read: Read): RopeRecords {
  async function listByIndex<T>(
    countKey: Uint8Array,
    keyAt: (index: number) => Uint8Array,
    find: (id: Uint8Array) => Promise<T | undefined>,
  ): Promise<readonly T[]> {
    const total = (await read(countKey, u32)) ?? 0;
    const found: T[] = [];
    for (let index = 0; index < total; index += 1) {
      const id = await read(keyAt(index), idCodec);
      const record = id && (await find(id));
      if (record !== undefined) found.push(record as T);
    }
    return found;
  }
  const records: RopeRecords = {
    chain: (gateway) => read(stateKey.chain(gateway), chainRecordCodec),
    chains: () => listByIndex(stateKey.chainCount(), stateKey.chainByIndex, records.chain),
    asset: (assetId) => read(stateKey.asset(assetId), assetRecordCodec),
    assets: () => listByIndex(stateKey.assetCount(), stateKey.assetByIndex, records.asset),
    conservation: (assetId) => read(stateKey.conservation(assetId), conservationRecordCodec),
    position: (assetId, gateway) => read(stateKey.position(assetId, gateway), positionRecordCodec),
    title: (assetId, tokenId) => read(stateKey.title(assetId, tokenId), titleRecordCodec),
    transfer: (transferId) => read(stateKey.transfer(transferId), transferRecordCodec),
    transferCount: async () => (await read(stateKey.transferCount(), u64)) ?? 0n,
    async transferAt(index): Promise<TransferRecord | undefined> {
      const id = await read(stateKey.transferByIndex(index), idCodec);
      return id && (await records.transfer(id));
    },
    credential: (credentialId) => read(stateKey.credential(credentialId), credentialRecordCodec),
    lane: (gateway, lane) => read(stateKey.lane(gateway, lane), laneRecordCodec),
    sent: (gateway, lane, sequence) =>
      read(stateKey.sent(gateway, lane, sequence), sentRecordCodec),
    receipt: (gateway, lane, sequence) =>
      read(stateKey.receipt(gateway, lane, sequence), receiptRecordCodec),
    proposalCount: async () => (await read(stateKey.proposalCount(), u64)) ?? 0n,
    proposal: (proposalId) => read(stateKey.proposal(proposalId), proposalRecordCodec),
    haltCount: async () => (await read(stateKey.haltCount(), u64)) ?? 0n,
    async haltAt(index): Promise<HaltRecord | undefined> {
      const id = await read(stateKey.haltByIndex(index), idCodec);
      return id && (await records.halt(id));
    },
    halt: (haltId) => read(stateKey.halt(haltId), haltRecordCodec),
  };
  return records;
}
