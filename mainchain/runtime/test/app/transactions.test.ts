import {
  bytesToHex,
  MAX_TRANSACTION_BYTES,
  stateKey,
  type TransactionBody,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../kit/accounts.ts";
import { alice, bob, GENESIS, nobody, RICH, relayer } from "../kit/genesis.ts";
import { expectRefused } from "../kit/refuse.ts";
import { type Plan, plan, RopeBench } from "../kit/rope-bench.ts";
import { cny, createWorld } from "../kit/world.ts";

const give = (from = alice, to = bob, amount = 1n, terms: Partial<TransactionBody> = {}): Plan =>
  plan(from, "accounts/transfer", { to: to.address, amount }, terms);

/** What a transaction of `size` bytes costs before its handler charges for anything. */
const baseFee = (size: number): bigint => 1_000n + BigInt(size);

const FAR = 100_000n;

/** Transactions that no block may hold. Whatever is wrong can be seen without running them. */
const unfit: readonly (readonly [string, string, Plan])[] = [
  ["another version", "tx/wrong-version", give(alice, bob, 1n, { version: 2 })],
  ["another chain", "tx/wrong-chain", give(alice, bob, 1n, { chainId: seed("another chain") })],
  ["a height that has passed", "tx/expired", give(alice, bob, 1n, { expiryHeight: 0n })],
  ["a height too far ahead", "tx/expiry-too-far", give(alice, bob, 1n, { expiryHeight: FAR + 3n })],
  ["a nonce ahead", "tx/wrong-nonce", give(alice, bob, 1n, { nonce: 2n })],
  ["a nonce that was used", "tx/wrong-nonce", give(alice, bob, 1n, { nonce: 0n })],
  ["too low a fee", "fee/limit-exceeded", give(alice, bob, 1n, { feeLimit: 1_000n })],
  ["no coins to pay with", "tx/cannot-pay", give(nobody)],
  [
    "another's key",
    "tx/bad-signature",
    give(alice, bob, 1n, { publicKey: bob.publicKey, nonce: 0n }),
  ],
  [
    "a message that nobody knows",
    "tx/malformed",
    { from: alice, body: { type: 0x7fff, message: new Uint8Array(0) } },
  ],
  [
    "a message with bytes after it",
    "tx/malformed",
    {
      from: alice,
      body: { type: 0x0101, message: new Uint8Array(37) },
    },
  ],
];

/** A chain on which Alice has sent once, so that nonce 0 is used and height 1 has passed. */
function started(): RopeBench {
  const rope = RopeBench.create();
  rope.do(give());
  return rope;
}

describe.each(unfit)("a transaction with %s: %s", (_, code, wrong) => {
  it("is refused by checkTx, and left out of blocks", () => {
    const rope = started();
    const [bytes] = rope.sign([wrong]);
    const { application } = rope.runtime;
    if (!bytes) throw new Error("unreachable");
    if (code === "tx/malformed") expect(() => application.readTx(bytes)).toThrow(code);
    else expect(application.checkTx(application.readTx(bytes))).toMatchObject({ ok: false, code });
    const limits = { maxBytes: 1_000_000, maxTransactions: 10 };
    const [good] = rope.sign([give(relayer)]);
    if (!good) throw new Error("unreachable");
    expect(application.buildBlock([bytes, good], limits)).toEqual([good]);
  });

  it("makes a block that holds it unfit to vote for", () => {
    const rope = started();
    const before = rope.dump();
    const block = rope.build(rope.sign([give(relayer), wrong]));
    const verify = () => rope.runtime.application.verifyBlock(seed("block"), block);
    expect(verify).toThrow("block/bad-transaction");
    expect(verify).toThrow(code);
    expect(rope.dump()).toEqual(before);
  });
});

describe("a transaction that is damaged", () => {
  it("is malformed: cut short, with a byte more, or larger than allowed", () => {
    const rope = started();
    const [bytes] = rope.sign([give()]);
    if (!bytes) throw new Error("unreachable");
    const long = new Uint8Array(MAX_TRANSACTION_BYTES + 1);
    for (const wrong of [bytes.slice(0, -1), new Uint8Array([...bytes, 0]), long]) {
      expect(() => rope.runtime.application.readTx(wrong)).toThrow("tx/malformed");
    }
  });

  it("has a bad signature: any bit of it, or of what it signs", () => {
    const rope = started();
    const [bytes] = rope.sign([give()]);
    if (!bytes) throw new Error("unreachable");
    for (const at of [bytes.length - 1, bytes.length - 60, bytes.length - 70]) {
      const wrong = bytes.with(at, (bytes[at] ?? 0) ^ 1);
      const { application } = rope.runtime;
      expect(application.checkTx(application.readTx(wrong))).toMatchObject({
        ok: false,
        code: "tx/bad-signature",
      });
    }
  });
});

describe("a transaction that is fit", () => {
  it("may expire with the very block, and name a height as far ahead as allowed", () => {
    const rope = started();
    const height = rope.height + 1n;
    rope.do(give(alice, bob, 1n, { expiryHeight: height }));
    rope.do(give(alice, bob, 1n, { expiryHeight: rope.height + 1n + FAR }));
  });

  it("is checked against the nonce that waits, if that is ahead", () => {
    const rope = started();
    const { application } = rope.runtime;
    const sign = (nonce: bigint) => {
      const [bytes] = rope.sign([give(alice, bob, 1n, { nonce })]);
      return application.readTx(bytes ?? new Uint8Array(0));
    };
    expect(application.checkTx(sign(3n), 3n)).toMatchObject({ ok: true, nonce: 3n });
    expect(application.checkTx(sign(1n), 3n)).toMatchObject({ code: "tx/wrong-nonce" });
    expect(application.checkTx(sign(1n), 0n)).toMatchObject({ ok: true, nonce: 1n });
  });

  it("costs its base and its bytes", () => {
    const rope = started();
    const before = rope.account(alice).balance;
    const [bytes] = rope.sign([give(alice, bob, 5n)]);
    const block = rope.do(give(alice, bob, 5n));
    const feePaid = baseFee(bytes?.length ?? 0);
    expect(block.transactions[0]?.feePaid).toBe(feePaid);
    expect(rope.account(alice)).toEqual({ nonce: 2n, balance: before - 5n - feePaid });
    expect(rope.account(bob).balance).toBe(RICH + 6n);
  });

  it("may run after others of its sender in one block", () => {
    const rope = RopeBench.create();
    rope.do(give(), give(), give());
    expect(rope.account(alice).nonce).toBe(3n);
  });
});

describe("proofs are metered before they are verified", () => {
  it("a fee limit that does not cover them ends the transaction, at its price", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const route = { assetId: cny.assetId, amount: 1n, finalGateway: b.gateway };
    const sent = a.send({ ...route, finalRecipient: seed("recipient") });
    rope.do(world.update(a));
    const body = a.receiveBody([sent]);
    const [bytes] = rope.sign([plan(relayer, "packets/receive", body)]);
    const nodes = [...body.anchor.accountProof, ...body.items.flatMap(({ proof }) => proof)];
    const proofs = nodes.reduce((sum, node) => sum + 100n + BigInt(node.length), 0n);
    const needed = baseFee(bytes?.length ?? 0) + proofs;
    const limited = (feeLimit: bigint) => plan(relayer, "packets/receive", body, { feeLimit });
    const paid = rope.account(relayer).balance;
    expectRefused(rope, "fee/limit-exceeded", limited(needed - 1n));
    expect(paid - rope.account(relayer).balance).toBe(needed - 1n);
    const block = rope.do(limited(needed));
    expect(block.transactions[0]?.feePaid).toBe(needed);
  });

  it("signatures of attestors too", () => {
    const world = createWorld();
    const { rope, a } = world;
    const update = a.attest(a.state.seal());
    const [bytes] = rope.sign([plan(relayer, "chains/update-client", update)]);
    const needed = baseFee(bytes?.length ?? 0) + 9_000n;
    const block = rope.do(plan(relayer, "chains/update-client", update, { feeLimit: needed }));
    expect(block.transactions[0]?.feePaid).toBe(needed);
  });

  it("no further than the sender's coins go, whatever its limit says", () => {
    const world = createWorld();
    const { rope, a } = world;
    const update = plan(nobody, "chains/update-client", a.attest(a.state.seal()));
    const [bytes] = rope.sign([update]);
    const base = baseFee(bytes?.length ?? 0);
    rope.do(give(alice, nobody, base + 8_999n));
    expectRefused(rope, "tx/cannot-pay", update);
    expect(rope.account(nobody).balance).toBe(0n);
  });
});

describe("nobody gets away without the fee", () => {
  it("by giving all coins away in the transaction itself", () => {
    const rope = RopeBench.create();
    const { balance } = rope.account(alice);
    expectRefused(rope, "tx/cannot-pay", give(alice, bob, balance));
    expect(rope.account(bob).balance).toBe(RICH);
  });

  it("and all but the fee may be given away", () => {
    const rope = RopeBench.create();
    const { balance } = rope.account(alice);
    const [bytes] = rope.sign([give(alice, bob, balance)]);
    rope.do(give(alice, bob, balance - baseFee(bytes?.length ?? 0)));
    expect(rope.account(alice).balance).toBe(0n);
  });
});

describe("an account transfer", () => {
  const most = (1n << 128n) - 1n;

  it.each([
    ["nothing", "accounts/zero-amount", 0n],
    ["more than there is", "accounts/insufficient", RICH + 1n],
    ["more than anybody can have", "accounts/insufficient", most],
  ])("of %s: %s", (_, code, amount) => {
    expectRefused(RopeBench.create(), code, give(alice, bob, amount));
  });

  it("to somebody who would have too much: accounts/overflow", () => {
    const accounts = [
      ...GENESIS.accounts.filter(({ address }) => address !== bob.address),
      { address: bob.address, balance: most },
    ];
    const rope = RopeBench.create([], { accounts });
    expectRefused(rope, "accounts/overflow", give(alice, bob, 1n));
  });

  it("to oneself changes nothing but nonce and fee", () => {
    const rope = RopeBench.create();
    const { balance } = rope.account(alice);
    const block = rope.do(give(alice, alice, 1_000n));
    expect(rope.account(alice).balance).toBe(balance - (block.transactions[0]?.feePaid ?? 0n));
  });
});

it("the fees of a block vanish from the accounts and appear nowhere else", () => {
  const rope = RopeBench.create();
  const sum = (bench: RopeBench) =>
    bench
      .records(new TextDecoder().decode(stateKey.account(new Uint8Array(0))))
      .reduce((total, [key]) => total + bench.account({ address: key.slice(-20) }).balance, 0n);
  const before = sum(rope);
  const block = rope.do(give(), give(bob, nobody, 7n), give(relayer, alice, 9n));
  const fees = block.transactions.reduce((total, { feePaid }) => total + feePaid, 0n);
  expect(before - sum(rope)).toBe(fees);
  expect(new Set(block.transactions.map(({ id }) => bytesToHex(id))).size).toBe(3);
});
