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
export type EngineId = 1 | 2 | 3 | 4 | 5;

/**
 * The engines that a genesis selects from. The first three are one state machine over differently elected sets:
 * weight by stake, an elected committee of delegates with a vote each, a vote each for all who are admitted. Proof of
 * work is probabilistic: what it decided may be undone by more work. CometBFT is another program that carries the
 * same application. Source: docs/engines.md.
 */
export const ENGINE: {
  readonly stake: 1;
  readonly delegates: 2;
  readonly equal: 3;
  readonly work: 4;
  readonly cometBft: 5;
} = { stake: 1, delegates: 2, equal: 3, work: 4, cometBft: 5 };

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
  engine: choice<EngineId>(1, 2, 3, 4, 5),
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
