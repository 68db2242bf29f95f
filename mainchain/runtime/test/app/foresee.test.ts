import { decodeTransaction } from "@ropenet/protocol";
import { expect, it } from "vitest";
import { alice, bob } from "../kit/genesis.ts";
import { plan, RopeBench } from "../kit/rope-bench.ts";

const give = (nonce: bigint) =>
  plan(alice, "accounts/transfer", { to: bob.address, amount: 1n }, { nonce });

it("answers for each of many as for one alone", () => {
  const rope = RopeBench.create();
  const { application } = rope.runtime;
  const sent = rope.sign([0n, 1n, 2n, 3n, 4n].map(give));
  const forged = sent.map((bytes, index) =>
    index === 3 ? bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1) : bytes,
  );
  const read = forged.map((bytes) => application.readTx(bytes));
  application.foresee(read);
  const answers = read.map((transaction, index) => application.checkTx(transaction, BigInt(index)));
  expect(answers.map((answer) => (answer.ok ? "ok" : answer.code))).toEqual([
    "ok",
    "ok",
    "ok",
    "tx/bad-signature",
    "ok",
  ]);
});

it("believes nothing that it did not read itself", () => {
  const rope = RopeBench.create();
  const [bytes = new Uint8Array(0)] = rope.sign([give(0n)]);
  const claimed = { ...decodeTransaction(bytes), holds: true, signatureHolds: () => true };
  const { application } = rope.runtime;
  expect(() => application.checkTx(claimed)).toThrow(TypeError);
  expect(() => application.foresee([claimed])).toThrow(TypeError);
});
