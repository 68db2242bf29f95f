import { CodedError } from "@ropenet/protocol";

export type StakingErrorInfo =
  | { readonly code: "staking/unknown-validator"; readonly validator: Uint8Array }
  | { readonly code: "staking/validator-exists"; readonly validator: Uint8Array }
  | { readonly code: "staking/too-many-validators"; readonly limit: number }
  | { readonly code: "staking/wrong-key" }
  | { readonly code: "staking/bridge-key-not-proven"; readonly suite: number }
  | { readonly code: "staking/bridge-key-taken"; readonly suite: number }
  | { readonly code: "staking/other-entity" }
  | { readonly code: "staking/bad-commission"; readonly reason: string }
  | { readonly code: "staking/commission-too-soon"; readonly untilMs: bigint }
  | {
      readonly code: "staking/too-little-self-stake";
      readonly selfStake: bigint;
      readonly needed: bigint;
    }
  | { readonly code: "staking/bad-parameters"; readonly rule: string }
  | { readonly code: "staking/zero-amount" }
  | { readonly code: "staking/insufficient"; readonly bonded: bigint; readonly amount: bigint }
  /** slashed to nothing: a share of it has no price */
  | { readonly code: "staking/worthless" }
  | { readonly code: "staking/tombstoned"; readonly validator: Uint8Array }
  | { readonly code: "staking/not-jailed" }
  | { readonly code: "staking/still-jailed"; readonly untilMs: bigint }
  | { readonly code: "staking/no-delegation" }
  | { readonly code: "staking/nothing-unbonding"; readonly cut: bigint }
  | {
      readonly code: "staking/still-bonded";
      readonly cut: bigint;
    }
  | {
      readonly code: "staking/still-unbonding";
      readonly untilHeight: bigint;
      readonly untilMs: bigint;
    };

export class StakingError extends CodedError<StakingErrorInfo> {}

/** A genesis that breaks its own rules is not a chain: no node may start on it. */
export class BadGenesis extends Error {}
