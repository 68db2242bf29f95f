import { bytesToHex, type Delegate } from "@ropenet/protocol";
import type { TransactionContext } from "../../module.ts";
import type { Coins, Rewards } from "../../slices.ts";
import { StakingError } from "./errors.ts";
import { moveSupply, mustFindValidator, sharesOf, writeShares, writeValidator } from "./records.ts";

/** Coins for shares at their price, rounded down: what is lost is the others' gain. Power follows with the next set. */
export function delegate(
  context: TransactionContext,
  { validator, amount }: Delegate,
  { coins, rewards }: { readonly coins: Coins; readonly rewards: Rewards },
): void {
  const { state, sender } = context;
  const record = mustFindValidator(context, validator);
  if (amount === 0n) throw new StakingError({ code: "staking/zero-amount" });
  if (record.tombstoned) throw new StakingError({ code: "staking/tombstoned", validator });
  if (record.tokens === 0n && record.shares > 0n) {
    throw new StakingError({ code: "staking/worthless" });
  }
  const bought = record.shares === 0n ? amount : (amount * record.shares) / record.tokens;
  if (bought === 0n) throw new StakingError({ code: "staking/zero-amount" });
  const held = sharesOf(state, validator, sender);
  coins.take(context, sender, amount);
  rewards.payDelegator(context, record, sender, held);
  writeShares(state, validator, sender, held + bought);
  writeValidator(state, {
    ...record,
    tokens: record.tokens + amount,
    shares: record.shares + bought,
  });
  moveSupply(state, { bonded: amount });
  context.emit("staking.delegated", {
    validator: bytesToHex(validator),
    delegator: bytesToHex(sender),
    amount: String(amount),
  });
}
