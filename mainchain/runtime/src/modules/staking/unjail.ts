import { bytesToHex } from "@ropenet/protocol";
import { readStakingParameters } from "../../epochs.ts";
import type { TransactionContext } from "../../module.ts";
import type { Rewards } from "../../slices.ts";
import { StakingError } from "./errors.ts";
import { runningPower } from "./penalties.ts";
import { mustFindValidator, selfStakeOf, writeValidator } from "./records.ts";

/** Out of jail, and into a set again with the next epoch. */
export function unjail(context: TransactionContext, rewards: Rewards): void {
  const { state, sender, timeMs } = context;
  const record = mustFindValidator(context, sender);
  if (record.tombstoned) throw new StakingError({ code: "staking/tombstoned", validator: sender });
  const { jailedUntilMs: untilMs } = record;
  if (untilMs === 0n) throw new StakingError({ code: "staking/not-jailed" });
  if (timeMs < untilMs) throw new StakingError({ code: "staking/still-jailed", untilMs });
  const selfStake = selfStakeOf(state, record);
  const { minSelfStake: needed } = readStakingParameters(state);
  if (selfStake < needed) {
    throw new StakingError({ code: "staking/too-little-self-stake", selfStake, needed });
  }
  // It may never have left: its jail can have been shorter than an epoch.
  rewards.setPower(context, record, runningPower(context, sender));
  writeValidator(state, { ...record, jailedUntilMs: 0n });
  context.emit("staking.unjailed", { validator: bytesToHex(sender) });
}
