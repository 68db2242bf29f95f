import {
  bytesToHex,
  CodecError,
  decodeTransaction,
  EMPTY_COMMIT,
  encode,
  encodeMessage,
  MAX_BLOCK_BYTES,
  signTransaction,
  sm2,
  sm3,
  u32,
  ZERO_32,
} from "@ropenet/protocol";
import { expect, it } from "vitest";
import { type BoundBlock, bindBlock } from "../../src/engine/block-body.ts";
import { encodeOutline, nameOf, rebuildBlock } from "../../src/engine/block-outline.ts";

const secretKey = sm2.randomSecretKey();
const publicKey = sm2.getPublicKey(secretKey);

function transfer(nonce: bigint): Uint8Array {
  const message = encodeMessage("accounts/transfer", { to: new Uint8Array(20), amount: 1n });
  const fields = { version: 1, chainId: ZERO_32, publicKey, nonce, feeLimit: 1n, expiryHeight: 9n };
  return signTransaction({ ...fields, ...message }, secretKey);
}

function blockOf(transactions: readonly Uint8Array[]): BoundBlock {
  const header = {
    protocolVersion: 1,
    chainId: ZERO_32,
    height: 1n,
    timeMs: 1n,
    lastBlockId: ZERO_32,
    stateRoot: ZERO_32,
    validatorsHash: ZERO_32,
    nextValidatorsHash: ZERO_32,
    proposer: new Uint8Array(20),
  };
  return bindBlock(header, { lastCommit: EMPTY_COMMIT, evidence: [], transactions });
}

const idsOf = (transactions: readonly Uint8Array[]) =>
  transactions.map((bytes) => decodeTransaction(bytes).id);

function finder(transactions: readonly Uint8Array[]) {
  const byName = new Map(
    idsOf(transactions).map((id, index) => [bytesToHex(nameOf(id)), transactions[index]]),
  );
  return (name: Uint8Array) => byName.get(bytesToHex(name));
}

const transactions = [0n, 1n, 2n].map(transfer);
const bound = blockOf(transactions);
const outline = encodeOutline(bound, idsOf(transactions));

it("gives the same block to whoever has its transactions", () => {
  expect(rebuildBlock(outline, finder(transactions))).toEqual(bound);
  const empty = blockOf([]);
  expect(rebuildBlock(encodeOutline(empty, []), () => undefined)).toEqual(empty);
});

it("gives none to whoever lacks one, or has the same one with another signature", () => {
  expect(rebuildBlock(outline, finder(transactions.slice(1)))).toBeUndefined();
  const [first, ...rest] = transactions as [Uint8Array, ...Uint8Array[]];
  const again = transfer(0n);
  expect(again).not.toEqual(first);
  expect(rebuildBlock(outline, finder([again, ...rest]))).toBeUndefined();
});

it("puts nothing together that could not be a block", () => {
  const long = new Uint8Array(MAX_BLOCK_BYTES / 4);
  let asked = 0;
  const find = (): Uint8Array => {
    asked += 1;
    return long.slice();
  };
  const ids = Array.from({ length: 1_000 }, (_, index) => sm3(encode(u32, index)));
  expect(rebuildBlock(encodeOutline(bound, ids), find)).toBeUndefined();
  expect(asked).toBeLessThan(10);
  const same = Array.from({ length: 1_000 }, () => idsOf(transactions)[0] as Uint8Array);
  expect(rebuildBlock(encodeOutline(bound, same), finder(transactions))).toBeUndefined();
});

it("refuses what is no outline", () => {
  expect(() => rebuildBlock(outline.slice(1), () => undefined)).toThrow(CodecError);
  expect(() => rebuildBlock(Uint8Array.of(...outline, 0), () => undefined)).toThrow(CodecError);
});
