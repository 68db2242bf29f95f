import { blockIdOf, CodedError, equalBytes, LocalFault, stateKey } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { valueKey } from "../../src/state/key-space.ts";
import { alice, bob } from "../kit/genesis.ts";
import { MemoryStore } from "../kit/memory-store.ts";
import { plan, RopeBench } from "../kit/rope-bench.ts";

const BOB = valueKey(stateKey.account(bob.address));

/** A disk on which one record cannot be read while `failing`. */
class FailingStore extends MemoryStore {
  failing = false;

  override get(key: Uint8Array): Uint8Array | undefined {
    if (this.failing && equalBytes(key, BOB))
      throw new LocalFault(new CodedError({ code: "store/failed" }));
    return super.get(key);
  }
}

describe("what a node keeps and cannot read", () => {
  const founded = RopeBench.create();
  founded.do(plan(alice, "accounts/transfer", { to: bob.address, amount: 5n }));
  const give = plan(alice, "accounts/transfer", { to: bob.address, amount: 1n });

  it("halts it in the middle of a block, and makes no failed transaction of it", () => {
    const store = new FailingStore(founded.store);
    const rope = founded.on(store);
    const block = rope.build(rope.sign([give]));
    store.failing = true;
    expect(() => rope.runtime.application.verifyBlock(blockIdOf(block.header), block)).toThrow(
      LocalFault,
    );
    expect(() => rope.runtime.application.verifyBlock(blockIdOf(block.header), block)).toThrow(
      "store/failed",
    );
    // Once the disk can be read again, the block is what it is to everybody else.
    store.failing = false;
    expect(rope.commit(block).result.stateRoot).toEqual(
      founded.fork().commit(block).result.stateRoot,
    );
  });

  it("halts it as well when it can be read and not understood", () => {
    const store = new MemoryStore(founded.store);
    const rope = founded.on(store);
    const block = rope.build(rope.sign([give]));
    store.write([{ key: BOB, value: Uint8Array.of(1, 2, 3) }]);
    const { application } = founded.on(store).runtime;
    expect(() => application.verifyBlock(blockIdOf(block.header), block)).toThrow(LocalFault);
  });

  it("is no reason to leave a transaction out of one's own block either", () => {
    const store = new MemoryStore(founded.store);
    const rope = founded.on(store);
    const sent = rope.sign([give]);
    store.write([{ key: valueKey(stateKey.account(alice.address)), value: Uint8Array.of(1) }]);
    const { application } = founded.on(store).runtime;
    expect(() => application.buildBlock(sent, { maxBytes: 10_000, maxTransactions: 9 })).toThrow(
      LocalFault,
    );
  });
});
