import {
  addressOf,
  bytesToHex,
  type CheckResult,
  type DecodedTransaction,
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

function transaction(
  secretKey: Uint8Array,
  nonce: bigint,
  expiryHeight = 100n,
  feeLimit = 10n,
): Uint8Array {
  return signTransaction(
    {
      version: 1,
      chainId,
      publicKey: sm2.getPublicKey(secretKey),
      nonce,
      feeLimit,
      expiryHeight,
      ...encodeMessage("accounts/transfer", { to: new Uint8Array(20), amount: 1n }),
    },
    secretKey,
  );
}

/** The nonce rule of the application, over a table of accounts that the test moves on. */
const nonces = new Map<string, bigint>();
const checkTx = ({ sender, body }: DecodedTransaction, pendingNonce?: bigint): CheckResult => {
  const committed = nonces.get(bytesToHex(sender)) ?? 0n;
  const expected = pendingNonce ?? committed;
  return body.nonce === expected
    ? { ok: true, sender, nonce: body.nonce, feeLimit: body.feeLimit }
    : { ok: false, code: "tx/wrong-nonce", message: `expected ${expected}` };
};
const components = {
  application: { readTx: decodeTransaction, foresee: () => {}, checkTx },
  isValidator: () => false,
};
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
  it("keeps arrival order at equal fees and consecutive nonces per sender", () => {
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

const paying = (secretKey: Uint8Array, nonce: bigint, feeLimit: bigint) =>
  transaction(secretKey, nonce, 100n, feeLimit);

describe("who goes first", () => {
  it("is who offers more per byte, never out of a sender's order", () => {
    const [a0, a1] = [paying(alice, 0n, 10n), paying(alice, 1n, 900n)];
    const [b0, b1] = [paying(bob, 0n, 50n), paying(bob, 1n, 20n)];
    for (const one of [a0, a1, b0, b1]) mempool.add(one);
    expect(mempool.candidates(10_000)).toEqual([b0, b1, a0, a1]);
  });

  it("is no single sender: the more it has in a block, the less its next one counts", () => {
    const wide = { maxTransactions: 1_000, maxBytes: 1e6, maxPerSender: 500 };
    const pool = createMempool(wide, components);
    for (let nonce = 0n; nonce < 200n; nonce += 1n) pool.add(paying(alice, nonce, 150n));
    const small = paying(bob, 0n, 100n);
    pool.add(small);
    expect(pool.candidates(1e6).indexOf(small)).toBe(64);
  });
});

describe("a full mempool", () => {
  const carol = sm2.randomSecretKey();
  const fill = () => {
    for (let nonce = 0n; nonce < 4n; nonce += 1n) mempool.add(paying(alice, nonce, 100n));
    for (let nonce = 0n; nonce < 2n; nonce += 1n) mempool.add(paying(bob, nonce, 50n));
  };

  it("gives up the cheapest sender's last one for a clearly better one", () => {
    fill();
    expect(() => mempool.add(paying(carol, 0n, 54n))).toThrow(
      expect.objectContaining({ info: expect.objectContaining({ code: "mempool/full" }) }),
    );
    const better = paying(carol, 0n, 60n);
    mempool.add(better);
    expect(mempool.size).toBe(6);
    expect(mempool.candidates(10_000)).toContainEqual(better);
    expect(mempool.pendingNonce(addressOf(sm2.getPublicKey(bob)))).toBe(1n);
    expect(() => mempool.add(paying(carol, 1n, 54n))).toThrow(code("mempool/full"));
    // Room is made one by one, always from the end.
    mempool.add(paying(carol, 1n, 60n));
    expect(mempool.pendingNonce(addressOf(sm2.getPublicKey(bob)))).toBeUndefined();
  });

  it("does not make room for a sender by its own last one", () => {
    fill();
    expect(() => mempool.add(paying(bob, 2n, 1_000n))).toThrow(code("mempool/full"));
  });

  it("does not ask the application about what offers too little", () => {
    fill();
    let asked = 0;
    const pool = createMempool(options, {
      ...components,
      application: {
        ...components.application,
        checkTx(transaction, nonce): CheckResult {
          asked += 1;
          return checkTx(transaction, nonce);
        },
      },
    });
    for (let nonce = 0n; nonce < 4n; nonce += 1n) pool.add(paying(alice, nonce, 100n));
    for (let nonce = 0n; nonce < 2n; nonce += 1n) pool.add(paying(bob, nonce, 50n));
    expect(asked).toBe(6);
    expect(() => pool.add(paying(carol, 0n, 10n))).toThrow(code("mempool/full"));
    expect(asked).toBe(6);
  });

  it("survives six hundred changes with every sender in order", () => {
    const keys = Array.from({ length: 5 }, () => sm2.randomSecretKey());
    const seen = keys.map(() => 0n);
    const pool = createMempool(
      { maxTransactions: 40, maxBytes: 1e6, maxPerSender: 12 },
      components,
    );
    const senders = keys.map((key) => addressOf(sm2.getPublicKey(key)));
    for (let turn = 0; turn < 600; turn += 1) {
      const index = (turn * 7) % keys.length;
      const sender = senders[index] as Uint8Array;
      const next = pool.pendingNonce(sender) ?? seen[index] ?? 0n;
      const fee = BigInt(10 + ((turn * 7_919) % 500));
      try {
        pool.add(paying(keys[index] as Uint8Array, next, fee));
      } catch {
        // full, or too many of this sender
      }
      expect(pool.size).toBeLessThanOrEqual(40);
      if (turn % 50 === 49) {
        const block = pool.candidates(2_000);
        for (const bytes of block) {
          const decoded = decodeTransaction(bytes);
          const who = senders.findIndex((one) => bytesToHex(one) === bytesToHex(decoded.sender));
          expect(decoded.body.nonce).toBe(seen[who]);
          seen[who] = decoded.body.nonce + 1n;
        }
        include(pool, block, BigInt(turn));
      }
    }
    expect(pool.bytes).toBe(pool.candidates(1e6).reduce((sum, one) => sum + one.length, 0));
  });
});

describe("another transaction with the nonce of a waiting one", () => {
  it("takes its place for a tenth more, and leaves what follows", () => {
    const sent = [0n, 1n, 2n].map((nonce) => paying(alice, nonce, 100n));
    for (const one of sent) mempool.add(one);
    expect(() => mempool.add(paying(alice, 1n, 109n))).toThrow(
      expect.objectContaining({
        info: { code: "mempool/underpriced", nonce: 1n, needed: 110n },
      }),
    );
    const better = paying(alice, 1n, 110n);
    mempool.add(better);
    expect(mempool.size).toBe(3);
    expect(mempool.candidates(10_000)).toEqual([sent[0], better, sent[2]]);
    expect(mempool.pendingNonce(addressOf(sm2.getPublicKey(alice)))).toBe(3n);
    expect(mempool.bytes).toBe(
      [sent[0], better, sent[2]].reduce((sum, one) => sum + (one?.length ?? 0), 0),
    );
  });
});
