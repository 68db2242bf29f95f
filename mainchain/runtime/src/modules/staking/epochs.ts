import {
  bridgeKeysRecordCodec,
  cutRecordCodec,
  decodeOwn,
  type EpochMember,
  type EpochRecord,
  epochRecordCodec,
  equalBytes,
  type StakingProgressRecord,
  stateKey,
  validatorRecordCodec,
  validatorSetCodec,
} from "@ropenet/protocol";
import {
  bridgeKeysOf,
  readEpoch,
  readStakingParameters,
  readStakingProgress,
  runningEpoch,
  validatorsOf,
} from "../../epochs.ts";
import { type Context, type StateView, writeRecord } from "../../module.ts";
import type { Handovers, Rewards } from "../../slices.ts";
import {
  findValidator,
  MAX_VALIDATORS_ON_RECORD,
  selfStakeOf,
  writeProgress,
  writeValidator,
} from "./records.ts";
import { type Candidate, selectSet } from "./select-set.ts";

const FIRST = new Uint8Array(20);
const LAST = new Uint8Array(21).fill(0xff);
/** Epochs forgotten per new one: more than one, so that a shorter unbonding is caught up with. */
const FORGOTTEN_PER_EPOCH = 2;
const TOP = (1n << 64n) - 1n;

export interface EpochParts {
  readonly rewards: Rewards;
  readonly handovers: Handovers;
}

function candidates(state: StateView): readonly Candidate[] {
  return state
    .range(stateKey.validator(FIRST), stateKey.validator(LAST), MAX_VALIDATORS_ON_RECORD)
    .map(([, value]) => decodeOwn(validatorRecordCodec, value))
    .map((record) => ({ record, selfStake: selfStakeOf(state, record) }));
}

function isSameSet(current: readonly EpochMember[], next: readonly EpochMember[]): boolean {
  return (
    current.length === next.length &&
    current.every((member, index) => {
      const other = next[index];
      return (
        other !== undefined &&
        equalBytes(member.validator, other.validator) &&
        member.power === other.power
      );
    })
  );
}

function startCut({ state, height, timeMs }: Context, cut: bigint): void {
  writeRecord(state, stateKey.cut(cut), cutRecordCodec, {
    startHeight: height + 1n,
    startTimeMs: timeMs,
  });
}

/** Their stake stays behind their power for one more epoch; so does what they have undelegated. */
function retain({ state }: Context, retained: readonly Uint8Array[], cut: bigint): void {
  for (const address of retained) {
    const record = findValidator(state, address);
    if (!record) continue;
    const contiguous = record.retainedCut > 0n && record.retainedCut === cut - 1n;
    writeValidator(state, {
      ...record,
      retainedFrom: contiguous ? record.retainedFrom : cut,
      retainedCut: cut,
    });
  }
}

/** What is to follow the running set; nothing happens before it has been handed over to. */
function computeNext(
  context: Context,
  progress: StakingProgressRecord,
  { handovers }: EpochParts,
): void {
  const { state, height, timeMs } = context;
  const current = runningEpoch(state);
  const { engine } = context.parameters;
  const election = { ...readStakingParameters(state), engine };
  const selection = selectSet(current.members, candidates(state), election, timeMs);
  if (selection.kind === "refused") {
    context.emit("staking.epoch-refused", {
      epoch: String(current.epoch + 1n),
      entities: String(selection.entities),
    });
    return;
  }
  const { members, retained } = selection;
  const cut = progress.nextCut;
  if (isSameSet(current.members, members)) {
    // The set that decides the next height is this one: whatever was undelegated is in no power any more.
    if (!progress.waiting) return;
    startCut(context, cut);
    writeProgress(state, { ...progress, nextCut: cut + 1n, waiting: false });
    return;
  }
  const next: EpochRecord = {
    epoch: current.epoch + 1n,
    computedHeight: height,
    firstHeight: 0n,
    firstTimeMs: 0n,
    cut,
    members,
  };
  retain(context, retained, cut);
  writeRecord(state, stateKey.epoch(next.epoch), epochRecordCodec, next);
  writeProgress(state, { ...progress, announced: true, nextCut: cut + 1n, waiting: false });
  handovers.announce(context, current, next);
  context.emit("staking.epoch-announced", {
    epoch: String(next.epoch),
    validators: String(members.length),
    retained: String(retained.length),
  });
}

function rewardMembers(
  context: Context,
  current: EpochRecord,
  next: EpochRecord,
  rewards: Rewards,
): void {
  const { state } = context;
  const left = current.members.filter(
    ({ validator }) => !next.members.some((member) => equalBytes(member.validator, validator)),
  );
  for (const { validator } of left) {
    const record = findValidator(state, validator);
    if (record) rewards.setPower(context, record, 0n);
  }
  for (const { validator, power } of next.members) {
    const record = findValidator(state, validator);
    if (record) rewards.setPower(context, record, record.jailedUntilMs === 0n ? power : 0n);
  }
}

/** Epochs in whose name nobody can be punished any more, and which no gateway can follow from. */
function forgetOldest(context: Context, running: bigint, handovers: Handovers): void {
  const { state, height, timeMs } = context;
  const { unbondingBlocks, unbondingMs } = readStakingParameters(state);
  const oldest = state
    .range(stateKey.epoch(0n), stateKey.epoch(TOP), FORGOTTEN_PER_EPOCH)
    .map(([, value]) => decodeOwn(epochRecordCodec, value));
  for (const epoch of oldest) {
    const after = readEpoch(state, epoch.epoch + 1n);
    if (epoch.epoch >= running || !after || after.firstHeight === 0n) return;
    const isOver =
      after.firstHeight + unbondingBlocks < height && after.firstTimeMs + unbondingMs < timeMs;
    if (!isOver) return;
    handovers.forget(context, epoch);
    state.delete(stateKey.epoch(epoch.epoch));
  }
}

/** The header of this height names the next set: from the next height on it decides. */
function startNext(
  context: Context,
  progress: StakingProgressRecord,
  { rewards, handovers }: EpochParts,
): void {
  const { state, height, timeMs } = context;
  const current = runningEpoch(state);
  const announced = readEpoch(state, current.epoch + 1n);
  if (!announced) throw new Error(`epoch ${current.epoch + 1n} starts and is not on record`);
  const next: EpochRecord = { ...announced, firstHeight: height + 1n, firstTimeMs: timeMs };
  writeRecord(state, stateKey.epoch(next.epoch), epochRecordCodec, next);
  writeRecord(state, stateKey.validators(), validatorSetCodec, validatorsOf(next));
  writeRecord(state, stateKey.bridgeKeys(), bridgeKeysRecordCodec, bridgeKeysOf(next));
  writeProgress(state, { ...progress, epoch: next.epoch, announced: false, ready: false });
  startCut(context, next.cut);
  rewardMembers(context, current, next, rewards);
  handovers.started(context);
  forgetOldest(context, next.epoch, handovers);
  context.emit("staking.epoch-started", {
    epoch: String(next.epoch),
    firstHeight: String(next.firstHeight),
  });
}

/** One step at most: compute and announce, find the handovers complete, or start what the header has named. */
export function endEpochBlock(context: Context, parts: EpochParts): void {
  const { state, height } = context;
  const progress = readStakingProgress(state);
  if (progress.ready) {
    startNext(context, progress, parts);
  } else if (progress.announced) {
    if (!parts.handovers.areComplete(context, progress.epoch)) return;
    writeProgress(state, { ...progress, ready: true });
  } else if (height % readStakingParameters(state).epochBlocks === 0n) {
    computeNext(context, progress, parts);
  }
}
