import {
  bytesToHex,
  equalBytes,
  type SetCommission,
  type WithdrawRewards,
} from "@ropenet/protocol";
import type { TransactionContext } from "../../module.ts";
import type { Rewards } from "../../slices.ts";
import { StakingError } from "./errors.ts";
import { mustFindValidator, sharesOf, writeValidator } from "./records.ts";

const DAY_MS = 86_400_000n;

/** Once a day, by no more than what was promised at the start: delegators have the time to leave. */
export function setCommission(
  context: TransactionContext,
  { basisPoints }: SetCommission,
  rewards: Rewards,
): void {
  const { sender, timeMs } = context;
  const record = mustFindValidator(context, sender);
  const untilMs = record.commissionChangedMs + DAY_MS;
  if (timeMs < untilMs) throw new StakingError({ code: "staking/commission-too-soon", untilMs });
  if (basisPoints > record.maxCommissionBasisPoints) {
    throw new StakingError({ code: "staking/bad-commission", reason: "above its maximum" });
  }
  const change = Math.abs(basisPoints - record.commissionBasisPoints);
  if (change > record.maxDailyChangeBasisPoints) {
    throw new StakingError({ code: "staking/bad-commission", reason: "too large a change" });
  }
  rewards.settle(context, record);
  writeValidator(context.state, {
    ...record,
    commissionBasisPoints: basisPoints,
    commissionChangedMs: timeMs,
  });
  context.emit("staking.commission-set", {
    validator: bytesToHex(sender),
    basisPoints: String(basisPoints),
  });
}

export function withdrawRewards(
  context: TransactionContext,
  { validator }: WithdrawRewards,
  rewards: Rewards,
): void {
  const { state, sender } = context;
  const record = mustFindValidator(context, validator);
  const shares = sharesOf(state, validator, sender);
  const isOwn = equalBytes(validator, sender);
  if (shares === 0n && !isOwn) throw new StakingError({ code: "staking/no-delegation" });
  const commission = isOwn ? rewards.payCommission(context, record) : 0n;
  const amount = rewards.payDelegator(context, record, sender, shares);
  context.emit("staking.rewards-withdrawn", {
    validator: bytesToHex(validator),
    delegator: bytesToHex(sender),
    amount: String(amount),
    commission: String(commission),
  });
}
