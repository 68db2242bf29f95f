import {
  b20,
  b32,
  bool,
  type Codec,
  choice,
  encode,
  list,
  struct,
  text,
  u8,
  u32,
  u64,
} from "../codec/codec.ts";
import { digest, SUITE_SM } from "../hash.ts";

/** What verifies a direction. 1 consensus, 2 endorsed, 3 attested(m, n), 4 custody. */
export type TrustClass = 1 | 2 | 3 | 4;

/** 1 待批 registered, 2 有效 active, 3 停用 suspended, 4 frozen by misbehaviour, 5 驳回 rejected */
export type ChainState = 1 | 2 | 3 | 4 | 5;

export const CHAIN_STATE: {
  readonly pending: 1;
  readonly active: 2;
  readonly suspended: 3;
  readonly frozen: 4;
  readonly rejected: 5;
} = { pending: 1, active: 2, suspended: 3, frozen: 4, rejected: 5 };

/** Chains that were ever approved: each has an outbox in every checkpoint. */
export const MAX_ADMITTED_CHAINS = 1_024;
export const MAX_PENDING_CHAINS = 256;
export const MAX_PENDING_CHAINS_OF_ONE = 4;

export interface ChainRecord {
  readonly gateway: Uint8Array;
  readonly index: number;
  readonly name: string;
  readonly description: string;
  readonly kind: number;
  readonly suite: number;
  readonly genesisHash: Uint8Array;
  readonly gatewayAddress: Uint8Array;
  readonly deployment: number;
  readonly codeHash: Uint8Array;
  readonly registrant: Uint8Array;
  readonly state: ChainState;
  /** strand → rope */
  readonly trustClass: TrustClass;
  readonly attestors: readonly Uint8Array[];
  readonly threshold: number;
  readonly trustingPeriodMs: bigint;
  readonly registeredAtMs: bigint;
}
export const chainRecordCodec: Codec<ChainRecord> = struct<ChainRecord>({
  gateway: b32,
  index: u32,
  name: text(64),
  description: text(256),
  kind: u8,
  suite: u8,
  genesisHash: b32,
  gatewayAddress: b32,
  deployment: u32,
  codeHash: b32,
  registrant: b20,
  state: choice<ChainState>(1, 2, 3, 4, 5),
  trustClass: choice<TrustClass>(1, 2, 3, 4),
  attestors: list(b20, 64),
  threshold: u8,
  trustingPeriodMs: u64,
  registeredAtMs: u64,
});

/** What an approval names. */
export function chainRecordHash(record: ChainRecord): Uint8Array {
  return digest(SUITE_SM, "chain-record", encode(chainRecordCodec, record));
}

/** The rope's light client of a strand; height 0 = no header yet. */
export interface ClientRecord {
  readonly latestHeight: bigint;
  readonly latestTimeMs: bigint;
  /** rope time of the last update */
  readonly updatedAtMs: bigint;
  readonly frozen: boolean;
}
export const clientRecordCodec: Codec<ClientRecord> = struct<ClientRecord>({
  latestHeight: u64,
  latestTimeMs: u64,
  updatedAtMs: u64,
  frozen: bool,
});

export interface ProvenHeaderRecord {
  readonly headerHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly timeMs: bigint;
}
export const provenHeaderRecordCodec: Codec<ProvenHeaderRecord> = struct<ProvenHeaderRecord>({
  headerHash: b32,
  stateRoot: b32,
  timeMs: u64,
});
