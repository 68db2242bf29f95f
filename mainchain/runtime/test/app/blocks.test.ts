import {
  blockIdOf,
  type Header,
  type KeyValueReader,
  stateKey,
  transactionsRoot,
  validatorSetHash,
  verifyStateProof,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { createRuntime } from "../../src/index.ts";
import { seed } from "../kit/accounts.ts";
import { alice, bob, GENESIS_MS, genesisBytes, RICH, validators } from "../kit/genesis.ts";
import { MemoryStore } from "../kit/memory-store.ts";
import { plan, RopeBench } from "../kit/rope-bench.ts";

const give = (amount: bigint) => plan(alice, "accounts/transfer", { to: bob.address, amount });

describe("a block is refused for its header", () => {
  const wrong: readonly (readonly [keyof Header, (rope: RopeBench) => Partial<Header>])[] = [
    ["protocolVersion", () => ({ protocolVersion: 2 })],
    ["chainId", () => ({ chainId: seed("another chain") })],
    ["height", (rope) => ({ height: rope.height })],
    ["height", (rope) => ({ height: rope.height + 2n })],
    ["timeMs", (rope) => ({ timeMs: rope.timeMs })],
    ["timeMs", (rope) => ({ timeMs: rope.timeMs - 1n })],
    ["stateRoot", () => ({ stateRoot: ZERO_32 })],
    ["stateRoot", () => ({ stateRoot: seed("another state") })],
    ["validatorsHash", () => ({ validatorsHash: validatorSetHash([]) })],
    ["nextValidatorsHash", () => ({ nextValidatorsHash: seed("another set") })],
    ["transactionsRoot", () => ({ transactionsRoot: transactionsRoot([]) })],
  ];

  it.each(wrong)("%s", (field, change) => {
    const rope = RopeBench.create();
    rope.do();
    const before = rope.dump();
    const block = rope.build(rope.sign([give(1n)]), change(rope));
    const { application } = rope.runtime;
    const verify = () => application.verifyBlock(blockIdOf(block.header), block);
    expect(verify).toThrow(`block/bad-header field=${field}`);
    expect(() => application.commit()).toThrow("app/not-applied");
    expect(rope.dump()).toEqual(before);
  });

  it("and not for the header of the honest proposer", () => {
    const rope = RopeBench.create();
    rope.do();
    const { header } = rope.do(give(1n));
    expect(header).toMatchObject({ height: 2n, timeMs: GENESIS_MS + 2_000n });
  });
});

describe("execution", () => {
  it("changes nothing before its commit, and then everything at once", () => {
    const rope = RopeBench.create();
    const block = rope.build(rope.sign([give(5n)]));
    const { application } = rope.runtime;
    const info = application.info();
    const id = blockIdOf(block.header);
    const verified = application.verifyBlock(id, block);
    expect(application.applyBlock(id, block)).toBe(verified);
    expect(application.info()).toEqual(info);
    expect(rope.account(bob).balance).toBe(RICH);
    rope.store.write(application.commit());
    expect(application.info()).toEqual({ height: 1n, stateRoot: verified.stateRoot });
    expect(rope.account(bob).balance).toBe(RICH + 5n);
    expect(() => application.commit()).toThrow("app/not-applied");
  });

  it("tries several blocks of one height, and commits the one that was applied", () => {
    const rope = RopeBench.create();
    const { application } = rope.runtime;
    const blocks = [5n, 7n, 9n].map((amount) => rope.build(rope.sign([give(amount)])));
    const roots = blocks.map((block) =>
      application.verifyBlock(blockIdOf(block.header), block).stateRoot.join(),
    );
    expect(new Set(roots).size).toBe(3);
    const [, second] = blocks;
    if (!second) throw new Error("unreachable");
    rope.commit(second);
    expect(rope.account(bob).balance).toBe(RICH + 7n);
    // What the others were worth ended with their height.
    const [first] = blocks;
    if (!first) throw new Error("unreachable");
    const again = () => application.verifyBlock(blockIdOf(first.header), first);
    expect(again).toThrow("block/bad-header");
  });

  it("gives the same root wherever it runs", () => {
    const rope = RopeBench.create();
    const other = rope.fork();
    const block = rope.build(rope.sign([give(1n), give(2n)]));
    expect(other.commit(block).result.stateRoot).toEqual(rope.commit(block).result.stateRoot);
    expect(other.dump()).toEqual(rope.dump());
  });

  it("reports the validators that decide the next height", () => {
    const rope = RopeBench.create();
    const { result } = rope.do();
    expect(result.nextValidators).toEqual(rope.runtime.application.validators());
    const addresses = validators.map(({ consensus }) => consensus.address.join());
    const set = result.nextValidators.map(({ address }) => address.join());
    expect(set.toSorted()).toEqual(addresses.toSorted());
  });
});

describe("genesis", () => {
  const fresh = (reader: KeyValueReader) =>
    createRuntime({ reader, checkInvariants: true }).application;

  it("comes before everything else", () => {
    const application = fresh(new MemoryStore());
    expect(application.info()).toEqual({ height: -1n, stateRoot: ZERO_32 });
    expect(() => application.prove(stateKey.parameters())).toThrow("no genesis yet");
    const { stateRoot, validators: set, batch } = application.initGenesis(genesisBytes());
    expect(application.info().height).toBe(-1n);
    expect(set).toHaveLength(4);
    const store = new MemoryStore();
    store.write(batch);
    expect(fresh(store).info()).toEqual({ height: 0n, stateRoot });
  });

  it("happens once: app/genesis-exists", () => {
    const { application } = RopeBench.create().runtime;
    expect(() => application.initGenesis(genesisBytes())).toThrow("app/genesis-exists");
  });

  it("is one encoding: bytes behind it are refused", () => {
    const bytes = new Uint8Array([...genesisBytes(), 0]);
    expect(() => fresh(new MemoryStore()).initGenesis(bytes)).toThrow("codec/trailing-bytes");
  });
});

describe("wantsBlock", () => {
  it("wants one block more for a root that no header carries yet, and then rests", () => {
    const rope = RopeBench.create();
    const { application } = rope.runtime;
    // The first block of a chain marks a checkpoint, the second writes it.
    rope.do();
    rope.do();
    rope.do();
    rope.do(give(1n));
    expect(application.wantsBlock(rope.timeMs, rope.last)).toBe(true);
    expect(application.wantsBlock(rope.timeMs, undefined)).toBe(true);
    rope.do();
    expect(application.wantsBlock(rope.timeMs, rope.last)).toBe(false);
  });
});

describe("prove", () => {
  it("proves presence and absence at every height that is kept", () => {
    const rope = RopeBench.create();
    const roots = [rope.stateRoot];
    for (const amount of [1n, 2n, 3n]) {
      rope.do(give(amount));
      roots.push(rope.stateRoot);
    }
    const { application } = rope.runtime;
    const present = stateKey.account(bob.address);
    const absent = stateKey.account(seed("nobody").slice(12));
    const seen = roots.map((root, height) => {
      for (const key of [present, absent]) {
        const proven = application.prove(key, BigInt(height));
        expect(proven.stateRoot).toEqual(root);
        verifyStateProof(root, key, proven.value, proven.proof);
      }
      return application.prove(present, BigInt(height)).value?.join();
    });
    expect(new Set(seen).size).toBe(4);
    expect(application.prove(absent).value).toBeUndefined();
    expect(application.prove(present)).toEqual(application.prove(present, 3n));
    expect(() => application.prove(present, 4n)).toThrow("state/height-unknown");
  });
});
