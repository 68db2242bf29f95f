import {
  compareBytes,
  equalBytes,
  MAX_VALIDATORS,
  quorum,
  totalPower,
  type Validator,
  type ValidatorSet,
} from "@ropenet/protocol";
import { ConsensusError } from "./errors.ts";
import { createRotation, proposerOf, type Rotation } from "./proposer.ts";
import type { ConsensusOptions } from "./timeouts.ts";

/** What stays fixed during one height. */
export interface HeightContext {
  readonly options: ConsensusOptions;
  readonly height: bigint;
  readonly chainId: Uint8Array;
  readonly validators: ValidatorSet;
  /** null for whoever has no vote at this height */
  readonly self: Uint8Array | null;
  /** smallest power above two thirds (2f + 1) */
  readonly quorum: bigint;
  /** smallest power above one third (f + 1): at least one honest validator */
  readonly oneHonest: bigint;
  readonly rotation: Rotation;
}

export interface HeightParameters {
  readonly height: bigint;
  readonly chainId: Uint8Array;
  readonly validators: ValidatorSet;
  readonly self: Uint8Array | null;
}

/** @throws {ConsensusError} unless the set is sorted by address and has positive power throughout */
export function createHeightContext(
  options: ConsensusOptions,
  { height, chainId, validators, self }: HeightParameters,
): HeightContext {
  checkValidators(validators);
  const total = totalPower(validators);
  return {
    options,
    height,
    chainId,
    validators,
    self: self !== null && validatorIndex(validators, self) >= 0 ? self : null,
    quorum: quorum(total),
    oneHonest: total / 3n + 1n,
    rotation: createRotation(validators),
  };
}

export function proposerAt(context: HeightContext, round: number): Uint8Array {
  return proposerOf(context.rotation, context.height, round);
}

export function isSelf(context: HeightContext, address: Uint8Array): boolean {
  return context.self !== null && equalBytes(context.self, address);
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
