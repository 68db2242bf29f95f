import {
  type CheckResult,
  CodedError,
  type DecodedTransaction,
  decodeMessage,
  decodeTransaction,
  digest,
  SUITE_SM,
  type Suite,
} from "@ropenet/protocol";
import type { CheckpointToSign, HandoverToSign } from "@ropenet/runtime";
import { pino } from "pino";
import { beforeEach, expect, it } from "vitest";
import { type CheckpointDuty, createCheckpointDuty } from "../../src/engine/checkpoint-duty.ts";
import { createKeys } from "../../src/keys.ts";
import { createMempool, type Mempool } from "../../src/mempool.ts";

const included = (transactions: readonly Uint8Array[]) =>
  transactions.map((transaction) => ({ id: decodeTransaction(transaction).id, transaction }));

const account = createKeys({ bridge: false });
const due = (suite: Suite, height: bigint): CheckpointToSign => ({
  suite,
  height,
  digest: digest(SUITE_SM, "test", Uint8Array.of(suite, Number(height))),
});

let owed: readonly CheckpointToSign[];
let owedHandovers: readonly HandoverToSign[] = [];
let committedNonce: bigint;
let nowMs: number;
let refusing: boolean;
let mempool: Mempool;
let announced: Uint8Array[];
let duty: CheckpointDuty;

/** A node over the same chain and the same key file, with or without the mempool of the one before. */
function startDuty(): CheckpointDuty {
  return createCheckpointDuty(
    { chainId: digest(SUITE_SM, "chain"), account },
    {
      queries: {
        account: () => ({ nonce: committedNonce, balance: 0n }),
        checkpointsToSign: () => owed,
        handoversToSign: () => owedHandovers,
      },
      key: {
        sign(suite, height): Uint8Array {
          if (refusing) throw new CodedError({ code: "signer/checkpoint-backwards" });
          return new Uint8Array(64).fill(Number(height) + suite);
        },
        signHandover: (suite, fromEpoch) => new Uint8Array(64).fill(Number(fromEpoch) + suite),
      },
      mempool,
      announce: (transaction) => announced.push(transaction),
      committedHeight: () => 10n,
      logger: pino({ level: "silent" }),
      nowMs: () => nowMs,
    },
  );
}

const checkTx = ({ sender, body }: DecodedTransaction, pending?: bigint): CheckResult => {
  return body.nonce === (pending ?? committedNonce)
    ? { ok: true, sender, nonce: body.nonce, feeLimit: body.feeLimit }
    : { ok: false, code: "tx/wrong-nonce", message: "" };
};
const newMempool = (): Mempool =>
  createMempool(
    { maxTransactions: 10, maxBytes: 10_000, maxPerSender: 10 },
    {
      application: { readTx: decodeTransaction, foresee: () => {}, checkTx },
      isValidator: () => true,
    },
  );
/** What the chain does with whatever was announced last. */
function include(): void {
  committedNonce += BigInt(mempool.size);
  mempool.update(included(mempool.candidates(10_000)), 11n);
}
const said = () =>
  announced.map((bytes) => {
    const { body } = decodeTransaction(bytes);
    const message = decodeMessage(body.type, body.message);
    return message.name === "checkpoints/sign"
      ? [message.body.suite, message.body.height, body.nonce]
      : message.name === "checkpoints/sign-handover"
        ? ["handover", message.body.suite, message.body.fromEpoch]
        : [message.name];
  });

beforeEach(() => {
  owed = [];
  committedNonce = 7n;
  nowMs = 0;
  refusing = false;
  announced = [];
  mempool = newMempool();
  duty = startDuty();
});

it("signs each suite's newest checkpoint once, with the account's next nonces", () => {
  duty.check();
  expect(announced).toEqual([]);
  owed = [due(1, 5n), due(2, 5n)];
  for (let again = 0; again < 3; again += 1) duty.check();
  expect(said()).toEqual([
    [1, 5n, 7n],
    [2, 5n, 8n],
  ]);
  nowMs = 1_000_000;
  duty.check();
  expect(announced).toHaveLength(2);
  owed = [due(1, 6n)];
  duty.check();
  expect(said().at(-1)).toEqual([1, 6n, 9n]);
});

it("rebuilds what got lost or whose nonce was taken, and not at once", () => {
  owed = [due(1, 5n)];
  duty.check();
  // Somebody used the account: the queue drops what no longer follows.
  committedNonce = 9n;
  mempool.recheck(announced);
  expect(mempool.size).toBe(0);
  duty.check();
  expect(announced).toHaveLength(1);
  nowMs = 1_000;
  duty.check();
  expect(said()).toEqual([
    [1, 5n, 7n],
    [1, 5n, 9n],
  ]);
});

it("gives up on a checkpoint that the chain keeps refusing, until the next one", () => {
  owed = [due(2, 5n)];
  for (let minute = 0; minute < 60; minute += 1) {
    duty.check();
    include();
    nowMs += 60_000;
  }
  expect(announced).toHaveLength(8);
  owed = [due(2, 6n)];
  duty.check();
  expect(said().at(-1)?.slice(0, 2)).toEqual([2, 6n]);
});

it("says the same again after a restart", () => {
  owed = [due(1, 5n), due(2, 5n)];
  duty.check();
  const before = announced.map((bytes) => decodeTransaction(bytes).id);
  announced = [];
  mempool = newMempool();
  startDuty().check();
  expect(announced.map((bytes) => decodeTransaction(bytes).id)).toEqual(before);
});

it("survives the refusal of its key and a full mempool", () => {
  owed = [due(1, 5n)];
  refusing = true;
  duty.check();
  refusing = false;
  nowMs = 1_000;
  mempool = createMempool(
    { maxTransactions: 0, maxBytes: 1, maxPerSender: 1 },
    {
      application: { readTx: decodeTransaction, foresee: () => {}, checkTx },
      isValidator: () => true,
    },
  );
  startDuty().check();
  expect(announced).toEqual([]);
  duty.check();
  expect(said()).toEqual([[1, 5n, 7n]]);
});

it("signs what an epoch owes the next one, before anything else", () => {
  owedHandovers = ([1, 2] as const).map((suite) => ({
    ...{ suite, fromEpoch: 3n },
    digest: digest(SUITE_SM, "test", Uint8Array.of(suite)),
  }));
  owed = [due(1, 7n)];
  duty.check();
  expect(said()).toEqual([
    ["handover", 1, 3n],
    ["handover", 2, 3n],
    [1, 7n, 9n],
  ]);
  duty.check();
  expect(said()).toHaveLength(3);
  owedHandovers = [];
});
