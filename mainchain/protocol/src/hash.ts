import { concatBytes, keccak256, sm3, utf8ToBytes } from "@ropenet/crypto";

/** Suite 1 = secp256k1 + keccak-256, suite 2 = SM2 + SM3. Source: docs/protocol.md §1. */
export type Suite = 1 | 2;

export const SUITE_KECCAK: 1 = 1;
export const SUITE_SM: 2 = 2;

export const ZERO_32: Uint8Array = new Uint8Array(32);
/** no account */
export const ZERO_20: Uint8Array = new Uint8Array(20);

const tags = new Map<string, Uint8Array>();

/** The tag `ropenet/<type>/v1`, right-padded with zero bytes to 32. */
export function tagBytes(type: string): Uint8Array {
  const known = tags.get(type);
  if (known) return known;
  const name = utf8ToBytes(`ropenet/${type}/v1`);
  if (name.length > 32) throw new Error(`tag too long: ${type}`);
  const padded = new Uint8Array(32);
  padded.set(name);
  tags.set(type, padded);
  return padded;
}

/** D(tag, x) = H(pad32(tag) ‖ x). Source: docs/protocol.md §1. */
export function digest(suite: Suite, type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const input = concatBytes(tagBytes(type), ...parts);
  return suite === SUITE_KECCAK ? keccak256(input) : sm3(input);
}
