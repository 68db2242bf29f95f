import type { Module } from "../../module.ts";
import type { Coins, Handovers, Offices, Penalties, Rewards } from "../../slices.ts";
import { renewAdmission, revokeAdmission } from "./admission.ts";
import { setCommission, withdrawRewards } from "./commission.ts";
import { createValidator } from "./create-validator.ts";
import { delegate } from "./delegate.ts";
import { endEpochBlock } from "./epochs.ts";
import { initStaking } from "./genesis.ts";
import { stakeHeld } from "./invariants.ts";
import { createPenalties } from "./penalties.ts";
import { claimUnbonded, undelegate } from "./undelegate.ts";
import { unjail } from "./unjail.ts";

export interface StakingParts {
  readonly coins: Coins;
  readonly offices: Offices;
  readonly rewards: Rewards;
  readonly handovers: Handovers;
}

/** Stake, validators and the sets that they make: docs/staking.md. */
export function createStakingModule(
  parts: StakingParts,
): Module & { readonly penalties: Penalties } {
  const { coins, offices, rewards } = parts;
  return {
    name: "staking",
    penalties: createPenalties(rewards),
    handlers: {
      "staking/create-validator": (context, body) => createValidator(context, body, parts),
      "staking/delegate": (context, body) => delegate(context, body, parts),
      "staking/undelegate": (context, body) => undelegate(context, body, rewards),
      "staking/claim-unbonded": (context, body) => claimUnbonded(context, body, coins),
      "staking/set-commission": (context, body) => setCommission(context, body, rewards),
      "staking/unjail": (context) => unjail(context, rewards),
      "staking/withdraw-rewards": (context, body) => withdrawRewards(context, body, rewards),
      "staking/renew-admission": renewAdmission,
      "staking/revoke-admission": (context, body) => revokeAdmission(context, body, offices),
    },
    initGenesis: (context, genesis) => initStaking(context, genesis, rewards),
    endBlock: (context) => endEpochBlock(context, parts),
    invariants: [stakeHeld],
  };
}
