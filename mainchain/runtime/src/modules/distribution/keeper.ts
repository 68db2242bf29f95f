import {
  type RewardPoolRecord,
  rewardPoolRecordCodec,
  rewardStartRecordCodec,
  stateKey,
  type ValidatorRecord,
  type ValidatorRewardsRecord,
  validatorRewardsRecordCodec,
} from "@ropenet/protocol";
import { readStakingParameters } from "../../epochs.ts";
import {
  type BlockEnd,
  type Context,
  readRecord,
  type StateView,
  writeRecord,
} from "../../module.ts";
import type { Coins, Rewards } from "../../slices.ts";

/**
 * Ratios are fixed-point numbers: coins · 2^64 per unit. Every division rounds down on the side of whoever is paid,
 * so what is owed is never more than what is held. Source: docs/staking.md, Rewards.
 */
const SCALE = 64n;
const BASIS_POINTS = 10_000n;
const DAY_MS = 86_400_000n;

export function readPool(state: StateView): RewardPoolRecord {
  const pool = readRecord(state, stateKey.rewardPool(), rewardPoolRecordCodec);
  if (!pool) throw new Error("no reward pool in the state");
  return pool;
}

function writePool(state: StateView, pool: RewardPoolRecord): void {
  writeRecord(state, stateKey.rewardPool(), rewardPoolRecordCodec, pool);
}

export function readRewards(state: StateView, validator: Uint8Array): ValidatorRewardsRecord {
  const key = stateKey.validatorRewards(validator);
  const rewards = readRecord(state, key, validatorRewardsRecordCodec);
  if (!rewards) throw new Error("a validator without a reward record");
  return rewards;
}

function writeRewards(
  state: StateView,
  validator: Uint8Array,
  rewards: ValidatorRewardsRecord,
): void {
  writeRecord(state, stateKey.validatorRewards(validator), validatorRewardsRecordCodec, rewards);
}

export function openPool(state: StateView, timeMs: bigint): void {
  writePool(state, {
    ratio: 0n,
    power: 0n,
    remaining: 0n,
    credited: 0n,
    issued: 0n,
    fees: 0n,
    withdrawn: 0n,
    issuedUntilMs: timeMs,
    issuanceRemainder: 0n,
  });
}

/**
 * Fees of a block, and what has been issued since the last block that did something. A block without transactions
 * issues nothing: it would change the state, and so ask for a block after it, without end.
 */
export function collect({ state, timeMs }: Context, { block, fees }: BlockEnd): void {
  if (block.transactions.length === 0) return;
  const pool = readPool(state);
  const due =
    readStakingParameters(state).issuancePerDay * (timeMs - pool.issuedUntilMs) +
    pool.issuanceRemainder;
  const issued = due / DAY_MS;
  const income = fees + issued;
  writePool(state, {
    ...pool,
    ratio: pool.power > 0n ? pool.ratio + (income << SCALE) / pool.power : pool.ratio,
    remaining: pool.remaining + income,
    issued: pool.issued + issued,
    fees: pool.fees + fees,
    issuedUntilMs: timeMs,
    issuanceRemainder: due % DAY_MS,
  });
}

function settle({ state }: Context, record: ValidatorRecord): ValidatorRewardsRecord {
  const before = readRewards(state, record.address);
  const pool = readPool(state);
  const earned = (before.power * (pool.ratio - before.poolRatio)) >> SCALE;
  if (record.shares === 0n) {
    // Nobody is there to be owed: what it would have earned, and the roundings of those who left, are the pool's.
    const settled = { ...before, poolRatio: pool.ratio, outstanding: 0n };
    writeRewards(state, record.address, settled);
    writePool(state, {
      ...pool,
      remaining: pool.remaining + before.outstanding,
      credited: pool.credited - before.outstanding,
    });
    return settled;
  }
  const commission = (earned * BigInt(record.commissionBasisPoints)) / BASIS_POINTS;
  const shared = earned - commission;
  const settled: ValidatorRewardsRecord = {
    power: before.power,
    poolRatio: pool.ratio,
    ratio: before.ratio + (shared << SCALE) / record.shares,
    outstanding: before.outstanding + shared,
    commission: before.commission + commission,
  };
  writeRewards(state, record.address, settled);
  if (earned > 0n) {
    writePool(state, {
      ...pool,
      remaining: pool.remaining - earned,
      credited: pool.credited + earned,
    });
  }
  return settled;
}

function paidOut(state: StateView, amount: bigint): void {
  const pool = readPool(state);
  writePool(state, {
    ...pool,
    credited: pool.credited - amount,
    withdrawn: pool.withdrawn + amount,
  });
}

/** What a delegator would be paid now, had the validator been settled. */
export function owed(
  state: StateView,
  validator: Uint8Array,
  delegator: Uint8Array,
  shares: bigint,
): bigint {
  const key = stateKey.rewardStart(validator, delegator);
  const start = readRecord(state, key, rewardStartRecordCodec)?.ratio ?? 0n;
  return (shares * (readRewards(state, validator).ratio - start)) >> SCALE;
}

export function createRewards(coins: Coins): Rewards {
  return {
    open({ state }, validator): void {
      const poolRatio = readPool(state).ratio;
      writeRewards(state, validator, {
        ...{ power: 0n, poolRatio, ratio: 0n, outstanding: 0n, commission: 0n },
      });
    },
    settle(context, record): void {
      settle(context, record);
    },
    setPower(context, record, power): void {
      const { state } = context;
      const rewards = settle(context, record);
      if (rewards.power === power) return;
      writeRewards(state, record.address, { ...rewards, power });
      const pool = readPool(state);
      writePool(state, { ...pool, power: pool.power - rewards.power + power });
    },
    payDelegator(context, record, delegator, shares): bigint {
      const { state } = context;
      const rewards = settle(context, record);
      const amount = owed(state, record.address, delegator, shares);
      const key = stateKey.rewardStart(record.address, delegator);
      writeRecord(state, key, rewardStartRecordCodec, { ratio: rewards.ratio });
      if (amount === 0n) return 0n;
      writeRewards(state, record.address, {
        ...rewards,
        outstanding: rewards.outstanding - amount,
      });
      paidOut(state, amount);
      coins.give(context, delegator, amount);
      return amount;
    },
    payCommission(context, record): bigint {
      const { state } = context;
      const rewards = settle(context, record);
      const { commission } = rewards;
      if (commission === 0n) return 0n;
      writeRewards(state, record.address, { ...rewards, commission: 0n });
      paidOut(state, commission);
      coins.give(context, record.address, commission);
      return commission;
    },
  };
}
