import { decodeOwn, stateKey, validatorRewardsRecordCodec } from "@ropenet/protocol";
import type { Context, Invariant } from "../../module.ts";
import { readPool } from "./keeper.ts";

const FIRST = new Uint8Array(20);
const LAST = new Uint8Array(21).fill(0xff);
/** More than there can be validators on record. */
const MAX_RECORDS = 10_000;

function check({ state }: Context): readonly string[] {
  const { remaining, credited, issued, fees, withdrawn } = readPool(state);
  const sentences: string[] = [];
  if (remaining + credited !== issued + fees - withdrawn) {
    sentences.push(
      `${remaining} + ${credited} held, ${issued} issued + ${fees} fees − ${withdrawn} withdrawn`,
    );
  }
  const [from, to] = [stateKey.validatorRewards(FIRST), stateKey.validatorRewards(LAST)];
  if (state.changedKeys(from, to).length > 0) {
    const sum = state
      .range(from, to, MAX_RECORDS)
      .map(([, value]) => decodeOwn(validatorRewardsRecordCodec, value))
      .reduce((total, { outstanding, commission }) => total + outstanding + commission, 0n);
    if (sum !== credited) sentences.push(`validators hold ${sum}, the pool says ${credited}`);
  }
  return sentences;
}

/** What is held for somebody or for nobody is what came in and has not gone out. */
export const rewardsHeld: Invariant = { name: "rewards held", check };
