import { bytesToHex, compareBytes, equalBytes, pathOf } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { createRuntime } from "../../src/index.ts";
import { seed } from "../kit/accounts.ts";
import { alice, bob } from "../kit/genesis.ts";
import { MemoryStore } from "../kit/memory-store.ts";
import { plan, type RopeBench } from "../kit/rope-bench.ts";
import { cny, createWorld } from "../kit/world.ts";

const pay = (amount: bigint) => plan(alice, "accounts/transfer", { to: bob.address, amount });

function importInto(
  rope: RopeBench,
  change: (entries: [Uint8Array, Uint8Array][]) => void = () => undefined,
) {
  const store = new MemoryStore();
  const { snapshots } = createRuntime({ reader: store, checkInvariants: true });
  const entries = [...rope.runtime.snapshots.entries(rope.height)].map(
    ([key, value]) => [key, value] as [Uint8Array, Uint8Array],
  );
  const count = BigInt(entries.length);
  change(entries);
  const target = { height: rope.height, timeMs: rope.timeMs, entries: count };
  const root = snapshots.import(target, entries, (batch) => store.write(batch));
  return { store, root };
}

describe("the state as entries", () => {
  it("comes in the order of the tree, and as it was at an earlier height", () => {
    const { rope } = createWorld();
    const before = rope.height;
    const dump = rope.dump();
    rope.do(pay(5n));
    rope.do(pay(6n));
    const entries = [...rope.runtime.snapshots.entries(before)];
    expect(new Map(entries.map(([key, value]) => [bytesToHex(key), bytesToHex(value)]))).toEqual(
      dump,
    );
    for (const [index, [key]] of entries.entries()) {
      const next = entries[index + 1];
      if (next) expect(compareBytes(pathOf(key), pathOf(next[0]))).toBeLessThan(0);
    }
    expect(() => [...rope.runtime.snapshots.entries(rope.height + 1n)]).toThrow(
      expect.objectContaining({ code: "state/height-unknown" }),
    );
  });

  it("leads to the same root in another store, and on to the same roots block after block", () => {
    const world = createWorld();
    const { rope } = world;
    const route = { assetId: cny.assetId, amount: 100n, finalGateway: world.b.gateway };
    world.relay(world.a, world.a.send({ ...route, finalRecipient: seed("recipient") }));
    world.answer(world.b);
    const { root, store } = importInto(rope);
    expect(bytesToHex(root)).toBe(bytesToHex(rope.stateRoot));
    const copy = rope.on(store);
    expect(copy.height).toBe(rope.height);
    expect(bytesToHex(copy.stateRoot)).toBe(bytesToHex(rope.stateRoot));
    for (const amount of [1n, 2n, 3n]) {
      const block = rope.build(rope.sign([pay(amount)]));
      rope.commit(block);
      copy.commit(block);
      expect(bytesToHex(copy.stateRoot)).toBe(bytesToHex(rope.stateRoot));
    }
    expect(copy.dump()).toEqual(rope.dump());
    // What answers queries beside the state was made anew.
    const index = (bench: RopeBench) => bench.store.range(Uint8Array.of(5), Uint8Array.of(6));
    expect([...index(copy)]).toEqual([...index(rope)]);
    expect([...index(copy)].length).toBeGreaterThan(0);
  });

  it("leads elsewhere if one value, one key or one entry is another", () => {
    const { rope } = createWorld();
    const swap = (entries: [Uint8Array, Uint8Array][]) => {
      const [first, second] = entries as [[Uint8Array, Uint8Array], [Uint8Array, Uint8Array]];
      [first[1], second[1]] = [second[1], first[1]];
    };
    const other = (entries: [Uint8Array, Uint8Array][]) => {
      const key = Uint8Array.from(entries[0]?.[0] ?? []);
      key[0] = (key[0] ?? 0) ^ 1;
      entries[0] = [key, entries[0]?.[1] ?? key];
    };
    for (const change of [swap, other]) {
      let root: Uint8Array | undefined;
      try {
        ({ root } = importInto(rope, change));
      } catch {
        // Derived data that cannot be made says so too.
      }
      expect(root !== undefined && equalBytes(root, rope.stateRoot)).toBe(false);
    }
    for (const change of [
      (entries: [Uint8Array, Uint8Array][]) => void entries.pop(),
      (entries: [Uint8Array, Uint8Array][]) =>
        void entries.push([Uint8Array.of(1), Uint8Array.of(1)]),
    ]) {
      expect(() => importInto(rope, change)).toThrow(
        expect.objectContaining({ code: "import/wrong-count" }),
      );
    }
  });

  it("goes only into an empty store", () => {
    const { rope } = createWorld();
    const target = { height: 1n, timeMs: 1n, entries: 0n };
    expect(() => rope.runtime.snapshots.import(target, [], () => undefined)).toThrow(
      expect.objectContaining({ code: "import/not-empty" }),
    );
  });
});
