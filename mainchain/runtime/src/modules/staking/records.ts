import {
  type CutRecord,
  cutRecordCodec,
  delegationRecordCodec,
  type StakingProgressRecord,
  type SupplyRecord,
  stakingProgressRecordCodec,
  stateKey,
  supplyRecordCodec,
  type UnbondingPoolRecord,
  unbondingPoolRecordCodec,
  type ValidatorRecord,
  validatorRecordCodec,
} from "@ropenet/protocol";
import { type Context, readRecord, type StateView, writeRecord } from "../../module.ts";
import { StakingError } from "./errors.ts";

/** Whoever was one stays on record: its keys must never be somebody else's. */
export const MAX_VALIDATORS_ON_RECORD = 1_024;

export function findValidator(state: StateView, address: Uint8Array): ValidatorRecord | undefined {
  return readRecord(state, stateKey.validator(address), validatorRecordCodec);
}

/** @throws {StakingError} `staking/unknown-validator` */
export function mustFindValidator({ state }: Context, validator: Uint8Array): ValidatorRecord {
  const record = findValidator(state, validator);
  if (!record) throw new StakingError({ code: "staking/unknown-validator", validator });
  return record;
}

export function writeValidator(state: StateView, record: ValidatorRecord): void {
  writeRecord(state, stateKey.validator(record.address), validatorRecordCodec, record);
}

export function writeProgress(state: StateView, progress: StakingProgressRecord): void {
  writeRecord(state, stateKey.stakingProgress(), stakingProgressRecordCodec, progress);
}

export function sharesOf(state: StateView, validator: Uint8Array, delegator: Uint8Array): bigint {
  const key = stateKey.delegation(validator, delegator);
  return readRecord(state, key, delegationRecordCodec)?.shares ?? 0n;
}

export function writeShares(
  state: StateView,
  validator: Uint8Array,
  delegator: Uint8Array,
  shares: bigint,
): void {
  const key = stateKey.delegation(validator, delegator);
  if (shares > 0n) writeRecord(state, key, delegationRecordCodec, { shares });
  else if (state.get(key)) state.delete(key);
}

/** Coins that `shares` are worth, rounded down. */
export function worthOf(
  { tokens, shares: all }: Pick<ValidatorRecord, "tokens" | "shares">,
  shares: bigint,
): bigint {
  return all === 0n ? 0n : (shares * tokens) / all;
}

export function selfStakeOf(state: StateView, record: ValidatorRecord): bigint {
  return worthOf(record, sharesOf(state, record.address, record.address));
}

export function readUnbondingPool(
  state: StateView,
  validator: Uint8Array,
  cut: bigint,
): UnbondingPoolRecord {
  const key = stateKey.unbondingPool(validator, cut);
  return (
    readRecord(state, key, unbondingPoolRecordCodec) ?? { initial: 0n, tokens: 0n, shares: 0n }
  );
}

export function writeUnbondingPool(
  state: StateView,
  validator: Uint8Array,
  cut: bigint,
  pool: UnbondingPoolRecord,
): void {
  const key = stateKey.unbondingPool(validator, cut);
  if (pool.shares > 0n) writeRecord(state, key, unbondingPoolRecordCodec, pool);
  else state.delete(key);
}

/** When the power that left `record` before `cut` was out of the set; undefined while it is in it. */
export function startOf(
  state: StateView,
  { retainedFrom, retainedCut }: ValidatorRecord,
  cut: bigint,
): CutRecord | undefined {
  const retained = cut >= retainedFrom && cut <= retainedCut;
  return readRecord(state, stateKey.cut(retained ? retainedCut + 1n : cut), cutRecordCodec);
}

export function readSupply(state: StateView): SupplyRecord {
  const supply = readRecord(state, stateKey.supply(), supplyRecordCodec);
  if (!supply) throw new Error("no supply in the state");
  return supply;
}

/** Moves coins between what is bonded, what is unbonding, and what is no more. */
export function moveSupply(
  state: StateView,
  change: Partial<Record<"burnt" | "bonded" | "unbonding", bigint>>,
): void {
  const { genesis, burnt, bonded, unbonding } = readSupply(state);
  writeRecord(state, stateKey.supply(), supplyRecordCodec, {
    genesis,
    burnt: burnt + (change.burnt ?? 0n),
    bonded: bonded + (change.bonded ?? 0n),
    unbonding: unbonding + (change.unbonding ?? 0n),
  });
}
