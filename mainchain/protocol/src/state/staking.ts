import { MAX_VALIDATORS } from "../chain/validator-set.ts";
import {
  b20,
  b32,
  bool,
  type Codec,
  fixedBytes,
  list,
  struct,
  u16,
  u32,
  u64,
  u128,
  u256,
  varBytes,
} from "../codec/codec.ts";

/** One in ten thousand. */
export const BASIS_POINTS = 10_000n;

/** The largest `signedWindow`: its bitmap is rewritten with every miss. */
export const MAX_SIGNED_WINDOW = 16_384;

/** What staking, slashing and distribution go by. Set at genesis; governance may change it. Source: docs/staking.md. */
export interface StakingParametersRecord {
  /** the next set is computed at every height that this divides */
  readonly epochBlocks: bigint;
  readonly maxValidators: number;
  /** coins that a validator must have delegated to itself to be in a set */
  readonly minSelfStake: bigint;
  /** coins per unit of power */
  readonly powerUnit: bigint;
  /** stake is free when both have passed since its power left the set */
  readonly unbondingBlocks: bigint;
  readonly unbondingMs: bigint;
  /** how long gateways and light clients believe a set without hearing of the next */
  readonly trustingPeriodMs: bigint;
  /** how long after an offence somebody may still report it */
  readonly evidenceWindowMs: bigint;
  /** heights after which a block carries a double vote no more; fixed for the life of the chain */
  readonly evidenceBlocks: bigint;
  readonly maxClockDriftMs: bigint;
  /** blocks with transactions over which missing precommits are counted */
  readonly signedWindow: number;
  readonly minSignedBasisPoints: number;
  readonly downtimeJailMs: bigint;
  readonly downtimeSlashBasisPoints: number;
  readonly doubleSignSlashBasisPoints: number;
  /** for one bridge signature over a statement that is not the chain's */
  readonly falseStatementSlashBasisPoints: number;
  /** checkpoints in a row that a validator may leave unsigned */
  readonly missedCheckpointLimit: number;
  readonly issuancePerDay: bigint;
}
export const stakingParametersRecordCodec: Codec<StakingParametersRecord> =
  struct<StakingParametersRecord>({
    epochBlocks: u64,
    maxValidators: u16,
    minSelfStake: u128,
    powerUnit: u128,
    unbondingBlocks: u64,
    unbondingMs: u64,
    trustingPeriodMs: u64,
    evidenceWindowMs: u64,
    evidenceBlocks: u64,
    maxClockDriftMs: u64,
    signedWindow: u32,
    minSignedBasisPoints: u16,
    downtimeJailMs: u64,
    downtimeSlashBasisPoints: u16,
    doubleSignSlashBasisPoints: u16,
    falseStatementSlashBasisPoints: u16,
    missedCheckpointLimit: u16,
    issuancePerDay: u128,
  });

const HOUR_MS = 3_600_000n;
const DAY_MS = 24n * HOUR_MS;

export const DEFAULT_STAKING_PARAMETERS: StakingParametersRecord = {
  epochBlocks: 1_000n,
  maxValidators: 100,
  minSelfStake: 100n,
  powerUnit: 1n,
  unbondingBlocks: 30_000n,
  unbondingMs: 21n * DAY_MS,
  trustingPeriodMs: 14n * DAY_MS,
  evidenceWindowMs: 5n * DAY_MS,
  evidenceBlocks: 20_000n,
  maxClockDriftMs: 10_000n,
  signedWindow: 10_000,
  minSignedBasisPoints: 500,
  downtimeJailMs: HOUR_MS,
  downtimeSlashBasisPoints: 1,
  doubleSignSlashBasisPoints: 500,
  falseStatementSlashBasisPoints: 1_000,
  missedCheckpointLimit: 200,
  issuancePerDay: 864_000n,
};

/** A validator on record; whether it is in a set, the epochs say. Never deleted: its keys are never free again. */
export interface ValidatorRecord {
  readonly address: Uint8Array;
  /** SM2: consensus votes, node identity, and the account that speaks for it */
  readonly publicKey: Uint8Array;
  readonly entity: Uint8Array;
  readonly ethereumAddress: Uint8Array;
  readonly sm2PublicKey: Uint8Array;
  /** coins bonded to it */
  readonly tokens: bigint;
  /** shares in those coins; one is worth tokens / shares */
  readonly shares: bigint;
  readonly commissionBasisPoints: number;
  readonly maxCommissionBasisPoints: number;
  readonly maxDailyChangeBasisPoints: number;
  readonly commissionChangedMs: bigint;
  /** end of its certificate */
  readonly admittedUntilMs: bigint;
  readonly revoked: boolean;
  /** 0 = not in jail; it leaves by `staking/unjail`, not before this time */
  readonly jailedUntilMs: bigint;
  /** never again in a set */
  readonly tombstoned: boolean;
  /** first and last of the newest cuts that kept it in the set although it was to leave; 0 = none */
  readonly retainedFrom: bigint;
  readonly retainedCut: bigint;
}
export const validatorRecordCodec: Codec<ValidatorRecord> = struct<ValidatorRecord>({
  address: b20,
  publicKey: fixedBytes(65),
  entity: b32,
  ethereumAddress: b20,
  sm2PublicKey: fixedBytes(65),
  tokens: u128,
  shares: u128,
  commissionBasisPoints: u16,
  maxCommissionBasisPoints: u16,
  maxDailyChangeBasisPoints: u16,
  commissionChangedMs: u64,
  admittedUntilMs: u64,
  revoked: bool,
  jailedUntilMs: u64,
  tombstoned: bool,
  retainedFrom: u64,
  retainedCut: u64,
});

export interface DelegationRecord {
  readonly shares: bigint;
}
export const delegationRecordCodec: Codec<DelegationRecord> = struct<DelegationRecord>({
  shares: u128,
});

/** Everything that was undelegated from one validator before one cut: slashed together, so at the same cost. */
export interface UnbondingPoolRecord {
  /** coins that went in */
  readonly initial: bigint;
  /** coins that are left */
  readonly tokens: bigint;
  readonly shares: bigint;
}
export const unbondingPoolRecordCodec: Codec<UnbondingPoolRecord> = struct<UnbondingPoolRecord>({
  initial: u128,
  tokens: u128,
  shares: u128,
});

/** One delegator's part of an unbonding pool. */
export interface UnbondingRecord {
  readonly shares: bigint;
}
export const unbondingRecordCodec: Codec<UnbondingRecord> = struct<UnbondingRecord>({
  shares: u128,
});

/** When the power that a cut took out of the set was out of it. */
export interface CutRecord {
  /** first height that was decided without it */
  readonly startHeight: bigint;
  readonly startTimeMs: bigint;
}
export const cutRecordCodec: Codec<CutRecord> = struct<CutRecord>({
  startHeight: u64,
  startTimeMs: u64,
});

export interface StakingProgressRecord {
  /** the running one */
  readonly epoch: bigint;
  /** the next epoch is on record, and its handovers are being signed */
  readonly announced: boolean;
  /** every handover is complete: the block after this state is the last of the running epoch */
  readonly ready: boolean;
  /** number of the next computation of a set; 1 is the first */
  readonly nextCut: bigint;
  /** something was undelegated that waits for it */
  readonly waiting: boolean;
  readonly validators: number;
}
export const stakingProgressRecordCodec: Codec<StakingProgressRecord> =
  struct<StakingProgressRecord>({
    epoch: u64,
    announced: bool,
    ready: bool,
    nextCut: u64,
    waiting: bool,
    validators: u32,
  });

export interface EpochMember {
  readonly validator: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly entity: Uint8Array;
  readonly power: bigint;
  /** coins that stood behind it when the set was computed: what an offence of this epoch is measured by */
  readonly bonded: bigint;
  readonly ethereumAddress: Uint8Array;
  readonly sm2PublicKey: Uint8Array;
}
/** A set, who signs for gateways in it, and which heights it decided. */
export interface EpochRecord {
  readonly epoch: bigint;
  readonly computedHeight: bigint;
  /** 0 while it is only announced */
  readonly firstHeight: bigint;
  readonly firstTimeMs: bigint;
  readonly cut: bigint;
  /** by address, ascending */
  readonly members: readonly EpochMember[];
}
export const epochRecordCodec: Codec<EpochRecord> = struct<EpochRecord>({
  epoch: u64,
  computedHeight: u64,
  firstHeight: u64,
  firstTimeMs: u64,
  cut: u64,
  members: list(
    struct<EpochMember>({
      validator: b20,
      publicKey: fixedBytes(65),
      entity: b32,
      power: u64,
      bonded: u128,
      ethereumAddress: b20,
      sm2PublicKey: fixedBytes(65),
    }),
    MAX_VALIDATORS,
  ),
});

/** Coins outside accounts, and coins that are no more. Wide, like all sums: at the end of a block nothing may overflow. */
export interface SupplyRecord {
  /** balances and stakes at genesis */
  readonly genesis: bigint;
  /** slashed */
  readonly burnt: bigint;
  readonly bonded: bigint;
  readonly unbonding: bigint;
}
export const supplyRecordCodec: Codec<SupplyRecord> = struct<SupplyRecord>({
  genesis: u256,
  burnt: u256,
  bonded: u256,
  unbonding: u256,
});

/** Fees and issuance. Ratios are coins · 2^64 per unit. */
export interface RewardPoolRecord {
  /** per unit of power, since genesis */
  readonly ratio: bigint;
  /** power that shares in rewards now */
  readonly power: bigint;
  /** held for nobody in particular yet, roundings included */
  readonly remaining: bigint;
  /** held for delegators and as commission */
  readonly credited: bigint;
  readonly issued: bigint;
  readonly fees: bigint;
  readonly withdrawn: bigint;
  readonly issuedUntilMs: bigint;
  /** of the division by a day */
  readonly issuanceRemainder: bigint;
}
export const rewardPoolRecordCodec: Codec<RewardPoolRecord> = struct<RewardPoolRecord>({
  ratio: u256,
  power: u64,
  remaining: u256,
  credited: u256,
  issued: u256,
  fees: u256,
  withdrawn: u256,
  issuedUntilMs: u64,
  issuanceRemainder: u256,
});

export interface ValidatorRewardsRecord {
  /** power for which it is rewarded now; 0 in jail and outside the set */
  readonly power: bigint;
  /** the pool's ratio up to which it has been credited */
  readonly poolRatio: bigint;
  /** per share, since the validator was created */
  readonly ratio: bigint;
  /** held for its delegators */
  readonly outstanding: bigint;
  readonly commission: bigint;
}
export const validatorRewardsRecordCodec: Codec<ValidatorRewardsRecord> =
  struct<ValidatorRewardsRecord>({
    power: u64,
    poolRatio: u256,
    ratio: u256,
    outstanding: u256,
    commission: u256,
  });

/** The validator's ratio up to which a delegator has been paid. */
export interface RewardStartRecord {
  readonly ratio: bigint;
}
export const rewardStartRecordCodec: Codec<RewardStartRecord> = struct<RewardStartRecord>({
  ratio: u256,
});

/** Present only while something in the window was missed. */
export interface SigningRecord {
  readonly missed: number;
  /** bit i (LSB first) = the commit of sample i modulo the window lacks its precommit */
  readonly bitmap: Uint8Array;
}
export const signingRecordCodec: Codec<SigningRecord> = struct<SigningRecord>({
  missed: u32,
  bitmap: varBytes(MAX_SIGNED_WINDOW / 8, u16),
});

export interface SlashingProgressRecord {
  /** commits that were looked at */
  readonly samples: bigint;
}
export const slashingProgressRecordCodec: Codec<SlashingProgressRecord> =
  struct<SlashingProgressRecord>({ samples: u64 });

/** Present only while the last one was missed. */
export interface MissedCheckpointsRecord {
  readonly inRow: number;
}
export const missedCheckpointsRecordCodec: Codec<MissedCheckpointsRecord> =
  struct<MissedCheckpointsRecord>({ inRow: u16 });
