import { compareBytes } from "@ropenet/crypto";
import { b20, b32, type Codec, encode, fixedBytes, list, struct, u64 } from "../codec/codec.ts";
import { digest, SUITE_SM } from "../hash.ts";

export const MAX_VALIDATORS: 256 = 256;

export interface Validator {
  readonly address: Uint8Array;
  /** SM2, 65 bytes */
  readonly publicKey: Uint8Array;
  readonly power: bigint;
  /** id of the legal entity behind it: power is capped per entity */
  readonly entity: Uint8Array;
}

/** Addresses strictly ascending. */
export type ValidatorSet = readonly Validator[];

export const validatorCodec: Codec<Validator> = struct<Validator>({
  address: b20,
  publicKey: fixedBytes(65),
  power: u64,
  entity: b32,
});

export const validatorSetCodec: Codec<ValidatorSet> = list(validatorCodec, MAX_VALIDATORS);

export function sortValidators(validators: readonly Validator[]): ValidatorSet {
  return validators.toSorted((left, right) => compareBytes(left.address, right.address));
}

export function validatorSetHash(set: ValidatorSet): Uint8Array {
  return digest(SUITE_SM, "validator-set", encode(validatorSetCodec, set));
}

export function totalPower(set: ValidatorSet): bigint {
  return set.reduce((sum, validator) => sum + validator.power, 0n);
}

/**
 * Voting power needed to commit: the smallest integer strictly above two thirds of `total`.
 * @throws {RangeError} if `total` is not positive
 */
export function quorum(total: bigint): bigint {
  if (total <= 0n) throw new RangeError("total power must be positive");
  return (total * 2n) / 3n + 1n;
}
