import {
  type BridgeKeysRecord,
  type EpochRecord,
  epochRecordCodec,
  type StakingParametersRecord,
  type StakingProgressRecord,
  stakingParametersRecordCodec,
  stakingProgressRecordCodec,
  stateKey,
  type ValidatorSet,
  validatorSetCodec,
} from "@ropenet/protocol";
import { readRecord, type StateView } from "./module.ts";

/** Sets and epochs, as staking writes and others read them. */

export function readStakingParameters(state: StateView): StakingParametersRecord {
  const parameters = readRecord(state, stateKey.stakingParameters(), stakingParametersRecordCodec);
  if (!parameters) throw new Error("no staking parameters in the state");
  return parameters;
}

export function readStakingProgress(state: StateView): StakingProgressRecord {
  const progress = readRecord(state, stateKey.stakingProgress(), stakingProgressRecordCodec);
  if (!progress) throw new Error("no staking progress in the state");
  return progress;
}

/** Undefined for what has been forgotten, or is not announced yet. */
export function readEpoch(state: StateView, epoch: bigint): EpochRecord | undefined {
  return readRecord(state, stateKey.epoch(epoch), epochRecordCodec);
}

export function runningEpoch(state: StateView): EpochRecord {
  const { epoch } = readStakingProgress(state);
  const record = readEpoch(state, epoch);
  if (!record) throw new Error(`epoch ${epoch} runs and is not on record`);
  return record;
}

/** The epoch whose set decided `height`, or decides it next; undefined if it has been forgotten. */
export function epochAt(state: StateView, height: bigint): EpochRecord | undefined {
  const newest = runningEpoch(state);
  if (height >= newest.firstHeight) return newest;
  let high = newest.epoch;
  let low = 0n;
  let found: EpochRecord | undefined;
  // Forgotten epochs are the oldest ones: they read as "too early".
  while (low < high) {
    const middle = (low + high) / 2n;
    const record = readEpoch(state, middle);
    if (record && record.firstHeight > height) high = middle;
    else {
      found = record;
      low = middle + 1n;
    }
  }
  return found;
}

export function validatorsOf({ members }: EpochRecord): ValidatorSet {
  return members.map(({ validator, publicKey, power, entity }) => ({
    address: validator,
    publicKey,
    power,
    entity,
  }));
}

export function bridgeKeysOf({ epoch, members }: EpochRecord): BridgeKeysRecord {
  return {
    epoch,
    validators: members.map(({ validator, ethereumAddress, sm2PublicKey, power }) => ({
      validator,
      ethereumAddress,
      sm2PublicKey,
      power,
    })),
  };
}

/** What the header of the next height names as its successor's set. */
export function readNextValidators(state: StateView): ValidatorSet {
  const { epoch, ready } = readStakingProgress(state);
  if (!ready) return readRecord(state, stateKey.validators(), validatorSetCodec) ?? [];
  const next = readEpoch(state, epoch + 1n);
  if (!next) throw new Error(`epoch ${epoch + 1n} is ready and not on record`);
  return validatorsOf(next);
}
