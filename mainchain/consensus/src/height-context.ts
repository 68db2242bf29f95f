import {
  compareBytes,
  MAX_VALIDATORS,
  quorum,
  totalPower,
  type Validator,
  type ValidatorSet,
} from "@ropenet/protocol";
import { ConsensusError } from "./errors.ts";
import { createRotation, type Rotation } from "./proposer.ts";

/** What stays fixed during one height. */
export interface HeightContext {
  readonly height: bigint;
  readonly chainId: Uint8Array;
  readonly validators: ValidatorSet;
  readonly self: Uint8Array | null;
  /** smallest power above two thirds (2f + 1) */
  readonly quorum: bigint;
  /** smallest power above one third (f + 1): at least one honest validator */
  readonly oneHonest: bigint;
  readonly rotation: Rotation;
}

/** @throws {ConsensusError} unless the set is sorted by address and has positive power throughout */
export function createHeightContext(
  height: bigint,
  chainId: Uint8Array,
  validators: ValidatorSet,
  self: Uint8Array | null,
): HeightContext {
  checkValidators(validators);
  const total = totalPower(validators);
  return {
    height,
    chainId,
    validators,
    self: self !== null && validatorIndex(validators, self) >= 0 ? self : null,
    quorum: quorum(total),
    oneHonest: total / 3n + 1n,
    rotation: createRotation(validators),
  };
}

function checkValidators(validators: ValidatorSet): void {
  const refuse = (reason: "empty" | "too-many" | "unsorted" | "no-power"): never => {
    throw new ConsensusError({ code: "consensus/bad-validator-set", reason });
  };
  if (validators.length === 0) refuse("empty");
  if (validators.length > MAX_VALIDATORS) refuse("too-many");
  let last: Validator | undefined;
  for (const validator of validators) {
    if (validator.power <= 0n) refuse("no-power");
    if (last && compareBytes(last.address, validator.address) >= 0) refuse("unsorted");
    last = validator;
  }
}

/** −1 if `address` is not in the set. */
export function validatorIndex(validators: ValidatorSet, address: Uint8Array): number {
  let low = 0;
  let high = validators.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = compareBytes(validators[middle]?.address ?? address, address);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
