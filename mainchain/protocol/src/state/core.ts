import {
  b20,
  b32,
  bool,
  type Codec,
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
