import { blockIdOf } from "@ropenet/protocol";
import { expect, it } from "vitest";
import { seed } from "../kit/accounts.ts";
import { alice, nobody, validators } from "../kit/genesis.ts";
import { type Plan, plan, RopeBench } from "../kit/rope-bench.ts";

const signatures = Array.from({ length: 64 }, (_, index) => ({
  index,
  signature: new Uint8Array(65),
}));

/** Few bytes and a thousandfold work: what 64 attestors have signed about a header. */
const heavy = (): Plan =>
  plan(alice, "chains/update-client", {
    gateway: seed("gateway"),
    height: 1n,
    headerHash: seed("header"),
    stateRoot: seed("state"),
    timeMs: 1n,
    signatures,
  });

it("a block holds a bounded amount of work, however small its transactions are", () => {
  const rope = RopeBench.create();
  const transactions = rope.sign(Array.from({ length: 20 }, heavy));
  const limits = { maxBytes: 1_000_000, maxTransactions: 1_000 };
  const taken = rope.runtime.application.buildBlock(transactions, limits);
  expect(taken).toEqual(transactions.slice(0, 10));
  const verify = (count: number) => {
    const block = rope.build(transactions.slice(0, count));
    return () => rope.runtime.application.verifyBlock(blockIdOf(block.header), block);
  };
  expect(verify(10)).not.toThrow();
  expect(verify(11)).toThrow("block/bad-transaction index=10 reason=block/too-much-work");
});

it("what is free of fee is for validators, in a block as in the mempool", () => {
  const rope = RopeBench.create();
  const body = { height: 1n, suite: 2, signature: new Uint8Array(64) };
  const [stranger] = rope.sign([plan(nobody, "checkpoints/sign", body)]) as [Uint8Array];
  const { application } = rope.runtime;
  const checked = application.checkTx(application.readTx(stranger));
  expect(checked).toMatchObject({ ok: false, code: "tx/validators-only" });
  const block = rope.build([stranger]);
  const verify = () => rope.runtime.application.verifyBlock(blockIdOf(block.header), block);
  expect(verify).toThrow("block/bad-transaction index=0 reason=tx/validators-only");
  const [first] = validators;
  if (!first) throw new Error("no validator");
  const [own] = rope.sign([plan(first.consensus, "checkpoints/sign", body)]) as [Uint8Array];
  expect(application.checkTx(application.readTx(own))).toMatchObject({ ok: true });
});
