import {
  b20,
  b32,
  type Codec,
  fixedBytes,
  list,
  struct,
  text,
  u8,
  u16,
  u64,
  u128,
  varBytes,
} from "../codec/codec.ts";
import { addressOf } from "../identifiers.ts";
import { MAX_CERTIFICATE_BYTES } from "../messages/staking.ts";
import {
  ENGINE,
  type EngineId,
  type ParametersRecord,
  parametersRecordCodec,
} from "../state/core.ts";
import { type StakingParametersRecord, stakingParametersRecordCodec } from "../state/staking.ts";
import { sortValidators, type ValidatorSet } from "./validator-set.ts";

export interface GenesisValidator {
  /** SM2, 65 bytes: consensus and node identity */
  readonly publicKey: Uint8Array;
  readonly entity: Uint8Array;
  readonly stake: bigint;
  /** suite-1 bridge key */
  readonly ethereumAddress: Uint8Array;
  /** proof of possession: the suite-1 key signs D(1, bridge-key, chainId ‖ publicKey) */
  readonly ethereumProof: Uint8Array;
  /** suite-2 bridge key and its proof: it signs D(2, bridge-key, chainId ‖ publicKey) */
  readonly bridgePublicKey: Uint8Array;
  readonly bridgeProof: Uint8Array;
}

export interface GenesisAccount {
  readonly address: Uint8Array;
  readonly balance: bigint;
}

export interface GenesisMember {
  readonly memberId: Uint8Array;
  readonly kind: number;
  readonly name: string;
  readonly codeCommitment: Uint8Array;
  readonly account: Uint8Array;
}

/** `office`: ledger-center 账本中心 · admission 外联部 · archive 备账管理中心 · standards 标准化工作组 · contracts 合约制定部 · supervision 监管 */
export interface GenesisOffice {
  readonly office: string;
  readonly account: Uint8Array;
}

export interface Genesis {
  readonly timeMs: bigint;
  readonly parameters: ParametersRecord;
  readonly validators: readonly GenesisValidator[];
  readonly accounts: readonly GenesisAccount[];
  readonly members: readonly GenesisMember[];
  readonly offices: readonly GenesisOffice[];
  readonly staking: StakingParametersRecord;
  /** certificates (DER) of those who may admit validators */
  readonly authorities: readonly Uint8Array[];
}

export const OFFICES: readonly string[] = [
  "ledger-center",
  "admission",
  "archive",
  "standards",
  "contracts",
  "supervision",
];

export const genesisCodec: Codec<Genesis> = struct<Genesis>({
  timeMs: u64,
  parameters: parametersRecordCodec,
  validators: list(
    struct<GenesisValidator>({
      publicKey: fixedBytes(65),
      entity: b32,
      stake: u64,
      ethereumAddress: b20,
      ethereumProof: fixedBytes(65),
      bridgePublicKey: fixedBytes(65),
      bridgeProof: fixedBytes(64),
    }),
    256,
  ),
  accounts: list(struct<GenesisAccount>({ address: b20, balance: u128 }), 10_000),
  members: list(
    struct<GenesisMember>({
      memberId: b32,
      kind: u8,
      name: text(128),
      codeCommitment: b32,
      account: b20,
    }),
    10_000,
  ),
  offices: list(struct<GenesisOffice>({ office: text(32), account: b20 }), 256),
  staking: stakingParametersRecordCodec,
  authorities: list(varBytes(MAX_CERTIFICATE_BYTES, u16), 64),
});

/** Whether a seat is one vote, whatever stake is behind it. */
export function isVoteEach(engine: EngineId): boolean {
  return engine === ENGINE.delegates || engine === ENGINE.equal;
}

/** The set of the first height, as the genesis itself makes it: power = stake / powerUnit, or a vote each. */
export function genesisValidatorSet({ validators, staking, parameters }: Genesis): ValidatorSet {
  return sortValidators(
    validators.map(({ publicKey, entity, stake }) => ({
      ...{ address: addressOf(publicKey), publicKey, entity },
      power: isVoteEach(parameters.engine) ? 1n : stake / staking.powerUnit,
    })),
  );
}
