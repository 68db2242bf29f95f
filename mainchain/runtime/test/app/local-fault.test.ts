import {
  accountRecordCodec,
  type Block,
  blockIdOf,
  CodedError,
  LocalFault,
  stateKey,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { createRuntime } from "../../src/index.ts";
import { valueKey } from "../../src/state/key-space.ts";
import { alice, bob } from "../kit/genesis.ts";
import { MemoryStore } from "../kit/memory-store.ts";
import { plan, RopeBench } from "../kit/rope-bench.ts";

/** Only the handler of a transfer reads it. */
const RECIPIENT = valueKey(stateKey.account(bob.address));

/** A disk of which one row can go bad. */
class FailingStore extends MemoryStore {
  row: (() => Uint8Array) | undefined;

  override get(key: Uint8Array): Uint8Array | undefined {
    const isBad =
      this.row && key.length === RECIPIENT.length && Buffer.compare(key, RECIPIENT) === 0;
    return isBad ? this.row?.() : super.get(key);
  }
}

const unreadable = (): never => {
  throw new LocalFault(new CodedError({ code: "store/failed" }));
};
const rotten = (): Uint8Array => Uint8Array.of(1, 2, 3);

function scene(row: () => Uint8Array): {
  readonly rope: RopeBench;
  readonly store: FailingStore;
  readonly block: Block;
} {
  const store = new FailingStore(RopeBench.create().store);
  const rope = RopeBench.create().on(store);
  const transfer = plan(alice, "accounts/transfer", { to: bob.address, amount: 7n });
  const block = rope.build(rope.sign([transfer]));
  store.row = row;
  return { rope, store, block };
}

describe.each([
  ["that cannot be read", "store/failed", unreadable],
  ["that is not what was written", "store/bad-record", rotten],
])("a row of this node's store %s", (_, code, row) => {
  it("makes neither a failed transaction nor a refused block", () => {
    const { rope, block } = scene(row);
    const before = rope.stateRoot;
    const { application } = rope.runtime;
    const verify = () => application.verifyBlock(blockIdOf(block.header), block);
    expect(verify).toThrow(LocalFault);
    expect(verify).toThrow(expect.objectContaining({ code }));
    expect(() => application.applyBlock(blockIdOf(block.header), block)).toThrow(LocalFault);
    expect(() => application.commit()).toThrow("app/not-applied");
    expect(rope.stateRoot).toEqual(before);
  });

  it("is no verdict on a transaction that wants in", () => {
    const { store } = scene(row);
    const transfer = plan(bob, "accounts/transfer", { to: alice.address, amount: 1n });
    const [bytes] = RopeBench.create().sign([transfer]);
    const { application } = createRuntime({ reader: store, checkInvariants: true });
    if (!bytes) throw new Error("unreachable");
    expect(() => application.checkTx(application.readTx(bytes))).toThrow(LocalFault);
    const limits = { maxBytes: 1_000_000, maxTransactions: 10 };
    expect(() => application.buildBlock([bytes], limits)).toThrow(LocalFault);
  });
});

it("a read that failed leaves nothing behind: once it succeeds, the block does what it does everywhere", () => {
  const { rope, store, block } = scene(unreadable);
  const { application } = rope.runtime;
  expect(() => application.verifyBlock(blockIdOf(block.header), block)).toThrow(LocalFault);
  store.row = undefined;
  const elsewhere = RopeBench.create().commit(block);
  const here = rope.commit(block);
  expect(here.result.stateRoot).toEqual(elsewhere.result.stateRoot);
  expect(here.transactions.map((one) => one.code)).toEqual([undefined]);
  const { balance } = rope.must(stateKey.account(bob.address), accountRecordCodec);
  expect(balance).toBeGreaterThanOrEqual(7n);
});

it("a store without the root of its committed height is broken, and no question about it was wrong", () => {
  const { store } = scene(rotten);
  store.write([{ key: Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0), value: undefined }]);
  const { application } = createRuntime({ reader: store, checkInvariants: true });
  expect(() => application.info()).toThrow(LocalFault);
});
