import { bytesToHex, hexToBytes, rewardPoolRecordCodec, stateKey } from "@ropenet/protocol";
import { expect } from "vitest";
import type { Plan, RopeBench } from "./rope-bench.ts";

/** State keys that differ between two chains, with their bytes as text as far as they are text. */
export function differences(left: RopeBench, right: RopeBench): readonly string[] {
  const before = left.dump();
  const after = right.dump();
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((key) => before.get(key) !== after.get(key))
    .map(keyName);
}

/** `module/record/` in text, the rest in hex. */
const keyName = (key: string): string => {
  const text = new TextDecoder("latin1").decode(hexToBytes(key));
  const prefix = /^[a-z-]+\/[a-z-]+\//.exec(text)?.[0] ?? "";
  return prefix + key.slice(2 * prefix.length);
};

const accountName = (address: Uint8Array): string => keyName(bytesToHex(stateKey.account(address)));

/** Where fees go; what is issued for a block that does something, too. */
const POOL = "distribution/pool/";
const feesOf = (rope: RopeBench): bigint =>
  rope.must(stateKey.rewardPool(), rewardPoolRecordCodec).fees;

/**
 * The transaction fails with `code`, and the block leaves the state that a block without it leaves, but for the
 * sender's nonce and the fee, which is the validators'. `first` = transactions of the same block that succeed before it.
 */
export function expectRefused(
  rope: RopeBench,
  code: string,
  refused: Plan,
  first: readonly Plan[] = [],
): void {
  const control = rope.fork();
  const before = control.block(first);
  const { transactions } = rope.block([...first, refused]);
  expect(before.transactions.map((one) => one.code)).toEqual(first.map(() => undefined));
  const result = transactions.at(-1);
  expect(result?.code).toBe(code);
  expect(result?.events).toEqual([]);
  expect(differences(control, rope).filter((key) => key !== POOL)).toEqual([
    accountName(refused.from.address),
  ]);
  expect(feesOf(rope) - feesOf(control)).toBe(result?.feePaid);
  const had = control.account(refused.from);
  expect(rope.account(refused.from)).toEqual({
    nonce: had.nonce + 1n,
    balance: had.balance - (result?.feePaid ?? 0n),
  });
}
