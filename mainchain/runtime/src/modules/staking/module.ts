import { stakingParametersRecordCodec, stateKey } from "@ropenet/protocol";
import { type Module, writeRecord } from "../../module.ts";
import type { Coins, Handovers, Penalties, Rewards, StakingRules, Supply } from "../../slices.ts";
import { renewAdmission, revokeAdmission } from "./admission.ts";
import { setCommission, withdrawRewards } from "./commission.ts";
import { createValidator } from "./create-validator.ts";
import { delegate } from "./delegate.ts";
import { endEpochBlock } from "./epochs.ts";
import { StakingError } from "./errors.ts";
import { brokenRule, initStaking } from "./genesis.ts";
import { stakeHeld } from "./invariants.ts";
import { createPenalties } from "./penalties.ts";
import { moveSupply } from "./records.ts";
import { claimUnbonded, undelegate } from "./undelegate.ts";
import { unjail } from "./unjail.ts";

export interface StakingParts {
  readonly coins: Coins;
  readonly rewards: Rewards;
  readonly handovers: Handovers;
}

/** What governance may change. */
export const stakingRules: StakingRules = {
  change({ state }, parameters): void {
    const rule = brokenRule(parameters);
    if (rule !== undefined) throw new StakingError({ code: "staking/bad-parameters", rule });
    writeRecord(state, stateKey.stakingParameters(), stakingParametersRecordCodec, parameters);
  },
};

export const supply: Supply = { burn: ({ state }, burnt) => moveSupply(state, { burnt }) };

/** Stake, validators and the sets that they make: docs/staking.md. */
export function createStakingModule(
  parts: StakingParts,
): Module & { readonly penalties: Penalties } {
  const { coins, rewards } = parts;
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
      "staking/revoke-admission": revokeAdmission,
    },
    initGenesis: (context, genesis) => initStaking(context, genesis, rewards),
    endBlock: (context) => endEpochBlock(context, parts),
    invariants: [stakeHeld],
  };
}
