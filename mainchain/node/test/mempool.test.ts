import {
  addressOf,
  bytesToHex,
  type CheckResult,
  decodeTransaction,
  digest,
  encodeMessage,
  SUITE_SM,
  signTransaction,
  sm2,
} from "@ropenet/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { createMempool, type Mempool, type MempoolOptions } from "../src/mempool.ts";

const chainId = digest(SUITE_SM, "test");
const [alice, bob] = [sm2.randomSecretKey(), sm2.randomSecretKey()];
const options: MempoolOptions = { maxTransactions: 6, maxBytes: 10_000, maxPerSender: 4 };
const code = (name: string) => expect.objectContaining({ code: name });

function transaction(secretKey: Uint8Array, nonce: bigint, expiryHeight = 100n): Uint8Array {
  return signTransaction(
    {
      version: 1,
      chainId,
      publicKey: sm2.getPublicKey(secretKey),
      nonce,
      feeLimit: 10n,
      expiryHeight,
      ...encodeMessage("accounts/transfer", { to: new Uint8Array(20), amount: 1n }),
    },
    secretKey,
  );
}

/** The nonce rule of the application, over a table of accounts that the test moves on. */
const nonces = new Map<string, bigint>();
const checkTx = (bytes: Uint8Array, pendingNonce?: bigint): CheckResult => {
  const { sender, body } = decodeTransaction(bytes);
  const committed = nonces.get(bytesToHex(sender)) ?? 0n;
  const expected = pendingNonce ?? committed;
  return body.nonce === expected
    ? { ok: true, sender, nonce: body.nonce, feeLimit: body.feeLimit }
    : { ok: false, code: "tx/wrong-nonce", message: `expected ${expected}` };
};
const components = { application: { checkTx }, isValidator: () => false };
const included = (transactions: readonly Uint8Array[]) =>
  transactions.map((transaction) => ({ id: decodeTransaction(transaction).id, transaction }));
function include(mempool: Mempool, transactions: readonly Uint8Array[], height: bigint): void {
  for (const bytes of transactions) {
    const { sender, body } = decodeTransaction(bytes);
    nonces.set(bytesToHex(sender), body.nonce + 1n);
  }
  mempool.update(included(transactions), height);
}

let mempool: Mempool;
beforeEach(() => {
  nonces.clear();
  mempool = createMempool(options, components);
});

describe("the mempool", () => {
  it("keeps arrival order and consecutive nonces per sender", () => {
    const sent = [transaction(alice, 0n), transaction(bob, 0n), transaction(alice, 1n)];
    for (const one of sent) mempool.add(one);
    expect(mempool.candidates(10_000)).toEqual(sent);
    expect(() => mempool.add(transaction(alice, 3n))).toThrow(code("tx/wrong-nonce"));
    expect(mempool.pendingNonce(decodeTransaction(sent[0] as Uint8Array).sender)).toBe(2n);
  });

  it("takes a transaction once, also after it was included", () => {
    const sent = transaction(alice, 0n);
    mempool.add(sent);
    expect(() => mempool.add(sent)).toThrow(code("mempool/known"));
    include(mempool, [sent], 1n);
    expect(mempool.size).toBe(0);
    expect(() => mempool.add(sent)).toThrow(code("mempool/known"));
  });

  it("is bounded in count, in bytes and per sender", () => {
    for (let nonce = 0n; nonce < 4n; nonce += 1n) mempool.add(transaction(alice, nonce));
    expect(() => mempool.add(transaction(alice, 4n))).toThrow(code("mempool/sender-full"));
    mempool.add(transaction(bob, 0n));
    mempool.add(transaction(bob, 1n));
    expect(() => mempool.add(transaction(bob, 2n))).toThrow(code("mempool/full"));
    const small = createMempool({ ...options, maxBytes: 400 }, components);
    small.add(transaction(alice, 0n));
    expect(() => small.add(transaction(alice, 1n))).toThrow(code("mempool/full"));
    expect(() => small.add(new Uint8Array(300_000))).toThrow(code("mempool/too-long"));
    expect(() => small.add(new Uint8Array(30))).toThrow(/codec\//);
  });

  it("drops what another block made impossible, and what follows the gap", () => {
    const sent = [0n, 1n, 2n].map((nonce) => transaction(alice, nonce));
    for (const one of sent) mempool.add(one);
    const rival = transaction(alice, 0n, 99n);
    include(mempool, [rival], 1n);
    expect(mempool.candidates(10_000)).toEqual(sent.slice(1));
    nonces.set(bytesToHex(decodeTransaction(rival).sender), 5n);
    mempool.recheck([rival]);
    expect(mempool.size).toBe(0);
    expect(mempool.bytes).toBe(0);
  });

  it("drops what expired, with all that follow it", () => {
    const sent = [transaction(alice, 0n), transaction(alice, 1n, 7n), transaction(alice, 2n)];
    for (const one of sent) mempool.add(one);
    mempool.update([], 6n);
    expect(mempool.size).toBe(3);
    mempool.update([], 7n);
    expect(mempool.candidates(10_000)).toEqual(sent.slice(0, 1));
  });

  it("takes what costs nothing from validators only", () => {
    const address = addressOf(sm2.getPublicKey(alice));
    const free = signTransaction(
      {
        version: 1,
        chainId,
        publicKey: sm2.getPublicKey(alice),
        nonce: 0n,
        feeLimit: 0n,
        expiryHeight: 100n,
        ...encodeMessage("checkpoints/sign", {
          suite: 2,
          height: 1n,
          signature: new Uint8Array(64),
        }),
      },
      alice,
    );
    expect(() => mempool.add(free)).toThrow(code("mempool/validators-only"));
    const isValidator = (one: Uint8Array) => bytesToHex(one) === bytesToHex(address);
    createMempool(options, { ...components, isValidator }).add(free);
  });

  it("offers no more bytes than asked for", () => {
    const sent = [0n, 1n, 2n].map((nonce) => transaction(alice, nonce));
    for (const one of sent) mempool.add(one);
    expect(mempool.candidates((sent[0]?.length ?? 0) * 2)).toHaveLength(2);
  });
});
