import {
  b20,
  b32,
  bool,
  type Codec,
  choice,
  fixedBytes,
  list,
  struct,
  text,
  u16,
  u64,
  u128,
} from "../codec/codec.ts";

/** Never deleted once a nonce is used. */
export interface AccountRecord {
  readonly nonce: bigint;
  readonly balance: bigint;
}
export const accountRecordCodec: Codec<AccountRecord> = struct<AccountRecord>({
  nonce: u64,
  balance: u128,
});

/** What decides blocks; see ENGINE. */
export type EngineId = 1 | 2 | 3;

/**
 * The engines that a genesis selects from: one BFT state machine over differently elected sets. Weight by stake; an
 * elected committee of delegates with a vote each (DPoS); a vote each for all who are admitted. Source: docs/staking.md,
 * The next set.
 */
export const ENGINE: {
  readonly stake: 1;
  readonly delegates: 2;
  readonly equal: 3;
} = { stake: 1, delegates: 2, equal: 3 };

/** Chain parameters fixed at genesis. */
export interface ParametersRecord {
  readonly chainName: string;
  readonly chainId: Uint8Array;
  readonly protocolVersion: number;
  readonly checkpointIntervalMs: bigint;
  readonly checkpointHeartbeatMs: bigint;
  readonly minLegMs: bigint;
  readonly maxHoldMs: bigint;
  readonly baseFee: bigint;
  /** development profile: an approved chain needs no second office, and every screen says so */
  readonly developmentProfile: boolean;
  readonly engine: EngineId;
}
export const parametersRecordCodec: Codec<ParametersRecord> = struct<ParametersRecord>({
  chainName: text(64),
  chainId: b32,
  protocolVersion: u16,
  checkpointIntervalMs: u64,
  checkpointHeartbeatMs: u64,
  minLegMs: u64,
  maxHoldMs: u64,
  baseFee: u128,
  developmentProfile: bool,
  engine: choice<EngineId>(1, 2, 3),
});

/** One validator's bridge keys: suite 1 Ethereum address, suite 2 SM2 public key. */
export interface BridgeKeys {
  readonly validator: Uint8Array;
  readonly ethereumAddress: Uint8Array;
  readonly sm2PublicKey: Uint8Array;
  readonly power: bigint;
}
export interface BridgeKeysRecord {
  readonly epoch: bigint;
  readonly validators: readonly BridgeKeys[];
}
export const bridgeKeysRecordCodec: Codec<BridgeKeysRecord> = struct<BridgeKeysRecord>({
  epoch: u64,
  validators: list(
    struct<BridgeKeys>({
      validator: b20,
      ethereumAddress: b20,
      sm2PublicKey: fixedBytes(65),
      power: u64,
    }),
    256,
  ),
});
