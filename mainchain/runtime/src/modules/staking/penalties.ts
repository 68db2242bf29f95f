import {
  BASIS_POINTS,
  type EpochMember,
  type EpochRecord,
  equalBytes,
  type ValidatorRecord,
} from "@ropenet/protocol";
import { epochAt, readEpoch, readStakingProgress, runningEpoch } from "../../epochs.ts";
import type { Context } from "../../module.ts";
import type { Penalties, Rewards } from "../../slices.ts";
import {
  findValidator,
  moveSupply,
  mustFindValidator,
  readUnbondingPool,
  startOf,
  writeUnbondingPool,
  writeValidator,
} from "./records.ts";

type Offence = Parameters<Penalties["slash"]>[2];

interface Standing {
  /** coins behind the validator's power */
  readonly bonded: bigint;
  /** what has left its power by then answers for nothing */
  readonly height: bigint;
}

/**
 * What stood behind the validator in the epoch of the offence; what does now, if it was in no set then. A signature
 * in the name of an epoch counts for gateways that are still there, whenever it was made and whatever height it
 * names: so all that was in that epoch's power answers for it.
 */
function standingAt({ state }: Context, record: ValidatorRecord, offence: Offence): Standing {
  const memberOf = (epoch: EpochRecord | undefined): EpochMember | undefined =>
    epoch && epoch.firstHeight > 0n
      ? epoch.members.find(({ validator }) => equalBytes(validator, record.address))
      : undefined;
  const { height } = offence;
  const named = offence.epoch === undefined ? undefined : readEpoch(state, offence.epoch);
  const inNamed = memberOf(named);
  if (named && inNamed) return { bonded: inNamed.bonded, height: named.firstHeight };
  return { bonded: memberOf(epochAt(state, height))?.bonded ?? record.tokens, height };
}

/** What has left the validator and was still in its power at `height`, newest first, until `due` is met. */
function slashUnbonding(
  { state }: Context,
  record: ValidatorRecord,
  height: bigint,
  basisPoints: number,
  due: bigint,
): bigint {
  let taken = 0n;
  for (let cut = readStakingProgress(state).nextCut; cut > 0n; cut -= 1n) {
    const start = startOf(state, record, cut);
    if (start && start.startHeight <= height) break;
    const pool = readUnbondingPool(state, record.address, cut);
    const share = (pool.initial * BigInt(basisPoints) + BASIS_POINTS - 1n) / BASIS_POINTS;
    const bounded = share < pool.tokens ? share : pool.tokens;
    const part = bounded < due - taken ? bounded : due - taken;
    if (part === 0n) continue;
    writeUnbondingPool(state, record.address, cut, { ...pool, tokens: pool.tokens - part });
    taken += part;
  }
  return taken;
}

function slash(context: Context, validator: Uint8Array, offence: Offence): bigint {
  const { state } = context;
  const record = mustFindValidator(context, validator);
  const { bonded: stood, height } = standingAt(context, record, offence);
  const due = (stood * BigInt(offence.basisPoints)) / BASIS_POINTS;
  const unbonding = slashUnbonding(context, record, height, offence.basisPoints, due);
  const rest = due - unbonding;
  const bonded = rest < record.tokens ? rest : record.tokens;
  if (bonded > 0n) writeValidator(state, { ...record, tokens: record.tokens - bonded });
  const burnt = unbonding + bonded;
  if (burnt > 0n) moveSupply(state, { burnt, bonded: -bonded, unbonding: -unbonding });
  return burnt;
}

/** Power for which a validator is rewarded while it is neither in jail nor out of the running set. */
export function runningPower({ state }: Context, validator: Uint8Array): bigint {
  const { members } = runningEpoch(state);
  return members.find((member) => equalBytes(member.validator, validator))?.power ?? 0n;
}

const FOR_EVER = (1n << 64n) - 1n;

/** Shares keep their number when coins are slashed: a slash is a fall of their price, the same for every delegator. */
export function createPenalties(rewards: Rewards): Penalties {
  function jail(context: Context, validator: Uint8Array, change: Partial<ValidatorRecord>): void {
    const record = mustFindValidator(context, validator);
    rewards.setPower(context, record, 0n);
    writeValidator(context.state, { ...record, ...change });
  }
  return {
    find: ({ state }, validator) => findValidator(state, validator),
    slash,
    jail: (context, validator, jailedUntilMs) => jail(context, validator, { jailedUntilMs }),
    tombstone: (context, validator) =>
      jail(context, validator, { jailedUntilMs: FOR_EVER, tombstoned: true }),
  };
}
