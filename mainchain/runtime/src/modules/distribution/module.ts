import type { Module } from "../../module.ts";
import type { Coins, Rewards } from "../../slices.ts";
import { rewardsHeld } from "./invariants.ts";
import { collect, createRewards, openPool } from "./keeper.ts";

/** Fees and issuance to those whose stake carries the chain. */
export function createDistributionModule(coins: Coins): Module & { readonly rewards: Rewards } {
  return {
    name: "distribution",
    rewards: createRewards(coins),
    handlers: {},
    initGenesis: ({ state, timeMs }) => openPool(state, timeMs),
    endBlock: collect,
    invariants: [rewardsHeld],
  };
}
