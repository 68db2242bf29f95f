import {
  decodeOwn,
  stateKey,
  unbondingPoolRecordCodec,
  utf8ToBytes,
  validatorRecordCodec,
} from "@ropenet/protocol";
import type { Context, Invariant } from "../../module.ts";
import { MAX_VALIDATORS_ON_RECORD, readSupply } from "./records.ts";

const FIRST = new Uint8Array(20);
const LAST = new Uint8Array(21).fill(0xff);
/** Pools of delegators who never claim stay; beyond this many they are summed by audits, not in every block. */
const MAX_POOLS = 4_096;

function check({ state }: Context): readonly string[] {
  if (state.changedKeys(utf8ToBytes("staking/"), utf8ToBytes("staking0")).length === 0) return [];
  const { bonded, unbonding } = readSupply(state);
  const sentences: string[] = [];
  const tokens = state
    .range(stateKey.validator(FIRST), stateKey.validator(LAST), MAX_VALIDATORS_ON_RECORD + 1)
    .reduce((sum, [, value]) => sum + decodeOwn(validatorRecordCodec, value).tokens, 0n);
  if (tokens !== bonded) sentences.push(`validators hold ${tokens}, bonded are ${bonded}`);
  const [from, to] = [stateKey.unbondingPool(FIRST, 0n), stateKey.unbondingPool(LAST, 0n)];
  const pools = state.range(from, to, MAX_POOLS);
  if (pools.length === MAX_POOLS) return sentences;
  const leaving = pools.reduce(
    (sum, [, value]) => sum + decodeOwn(unbondingPoolRecordCodec, value).tokens,
    0n,
  );
  if (leaving !== unbonding) sentences.push(`pools hold ${leaving}, unbonding are ${unbonding}`);
  return sentences;
}

/** Coins that are in no account are where the supply says. */
export const stakeHeld: Invariant = { name: "stake held", check };
