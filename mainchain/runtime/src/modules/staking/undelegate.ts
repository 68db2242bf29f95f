import {
  bytesToHex,
  type ClaimUnbonded,
  stateKey,
  type Undelegate,
  unbondingRecordCodec,
  type ValidatorRecord,
} from "@ropenet/protocol";
import { readStakingParameters, readStakingProgress } from "../../epochs.ts";
import { type Context, readRecord, type TransactionContext, writeRecord } from "../../module.ts";
import type { Coins, Rewards } from "../../slices.ts";
import { StakingError } from "./errors.ts";
import {
  moveSupply,
  mustFindValidator,
  readUnbondingPool,
  sharesOf,
  startOf,
  worthOf,
  writeProgress,
  writeShares,
  writeUnbondingPool,
  writeValidator,
} from "./records.ts";

/** Shares that `amount` costs, rounded up, of `held`; everything for everything. */
function sharesFor(record: ValidatorRecord, held: bigint, amount: bigint): bigint {
  const bonded = worthOf(record, held);
  if (amount > bonded) throw new StakingError({ code: "staking/insufficient", bonded, amount });
  if (amount === bonded) return held;
  return (amount * record.shares + record.tokens - 1n) / record.tokens;
}

/** Into the pool of the next cut, at the price of its shares. */
function addToPool(
  { state }: TransactionContext,
  validator: Uint8Array,
  cut: bigint,
  amount: bigint,
): bigint {
  const pool = readUnbondingPool(state, validator, cut);
  if (pool.shares > 0n && pool.tokens === 0n) throw new StakingError({ code: "staking/worthless" });
  const shares = pool.shares === 0n ? amount : (amount * pool.shares) / pool.tokens;
  writeUnbondingPool(state, validator, cut, {
    initial: pool.initial + amount,
    tokens: pool.tokens + amount,
    shares: pool.shares + shares,
  });
  return shares;
}

/** Out of the stake, and not free: it answers for the validator until its power has long left the set. */
export function undelegate(
  context: TransactionContext,
  { validator, amount }: Undelegate,
  rewards: Rewards,
): void {
  const { state, sender } = context;
  const record = mustFindValidator(context, validator);
  if (amount === 0n) throw new StakingError({ code: "staking/zero-amount" });
  const held = sharesOf(state, validator, sender);
  const sold = sharesFor(record, held, amount);
  const progress = readStakingProgress(state);
  const cut = progress.nextCut;
  rewards.payDelegator(context, record, sender, held);
  const shares = addToPool(context, validator, cut, amount);
  const key = stateKey.unbonding(sender, validator, cut);
  const before = readRecord(state, key, unbondingRecordCodec)?.shares ?? 0n;
  writeRecord(state, key, unbondingRecordCodec, { shares: before + shares });
  writeShares(state, validator, sender, held - sold);
  writeValidator(state, {
    ...record,
    tokens: record.tokens - amount,
    shares: record.shares - sold,
  });
  moveSupply(state, { bonded: -amount, unbonding: amount });
  if (!progress.waiting) writeProgress(state, { ...progress, waiting: true });
  context.emit("staking.undelegated", {
    validator: bytesToHex(validator),
    delegator: bytesToHex(sender),
    amount: String(amount),
    cut: String(cut),
  });
}

/** @throws {StakingError} unless blocks and time have both passed since the power left the set */
function assertUnbonded(context: Context, record: ValidatorRecord, cut: bigint): void {
  const { state, height, timeMs } = context;
  const start = startOf(state, record, cut);
  if (!start) throw new StakingError({ code: "staking/still-bonded", cut });
  const { unbondingBlocks, unbondingMs } = readStakingParameters(state);
  const untilHeight = start.startHeight + unbondingBlocks;
  const untilMs = start.startTimeMs + unbondingMs;
  if (height < untilHeight || timeMs < untilMs) {
    throw new StakingError({ code: "staking/still-unbonding", untilHeight, untilMs });
  }
}

export function claimUnbonded(
  context: TransactionContext,
  { validator, cut }: ClaimUnbonded,
  coins: Coins,
): void {
  const { state, sender } = context;
  const record = mustFindValidator(context, validator);
  const key = stateKey.unbonding(sender, validator, cut);
  const own = readRecord(state, key, unbondingRecordCodec);
  if (!own) throw new StakingError({ code: "staking/nothing-unbonding", cut });
  assertUnbonded(context, record, cut);
  const pool = readUnbondingPool(state, validator, cut);
  const amount = worthOf(pool, own.shares);
  const left = pool.shares - own.shares;
  // What rounding has left to nobody is nobody's.
  const burnt = left === 0n ? pool.tokens - amount : 0n;
  writeUnbondingPool(state, validator, cut, {
    initial: pool.initial,
    tokens: pool.tokens - amount,
    shares: left,
  });
  state.delete(key);
  moveSupply(state, { unbonding: -(amount + burnt), burnt });
  coins.give(context, sender, amount);
  context.emit("staking.claimed", {
    validator: bytesToHex(validator),
    delegator: bytesToHex(sender),
    amount: String(amount),
  });
}
