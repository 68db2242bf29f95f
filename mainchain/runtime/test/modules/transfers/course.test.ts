import {
  ACK_STATUS,
  assetPayloadCodec,
  encode,
  failureCode,
  outboxEntryRecordCodec,
  packetHash,
  receiptRecordCodec,
  SUITE_KECCAK,
  stateKey,
  TRANSFER_STATE,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { bob, LATER_MS, ROPE, relayer } from "../../kit/genesis.ts";
import type { Sent, StrandBench } from "../../kit/strand-bench.ts";
import { cny, createWorld, type World } from "../../kit/world.ts";

const { assetId } = cny;
const recipient = seed("recipient");
const NO_BOOKS = { escrow: 0n, outstandingTotal: 0n, inFlight: 0n, held: 0n };

function send(from: StrandBench, to: Uint8Array, amount: bigint, finalRecipient = recipient): Sent {
  return from.send({ assetId, amount, finalGateway: to, finalRecipient });
}

/** `amount` of the asset at B, from A. */
function endow(world: World, amount: bigint): void {
  world.relay(world.a, send(world.a, world.b.gateway, amount));
  world.answer(world.b);
  world.answer(world.a);
}

describe("a transfer from its origin to a voucher strand", () => {
  it("is FORWARDED: debited, in flight, and the second leg carries the same payload", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const sent = send(a, b.gateway, 500n);
    world.relay(a, sent);
    const transfer = world.transfer(sent);
    expect(transfer).toMatchObject({
      state: TRANSFER_STATE.forwarded,
      leg2Sequence: 1n,
      leg1: sent.packet,
      queueReason: 0,
      forwardedHeight: rope.height,
      receivedAtMs: rope.timeMs,
      endedHeight: 0n,
    });
    expect(world.books(cny)).toEqual({ ...NO_BOOKS, escrow: 500n, inFlight: 500n });
    expect(world.position(cny, a.gateway)).toMatchObject({ received: 500n, outstanding: 0n });
    expect(world.position(cny, b.gateway)).toMatchObject({ sent: 500n, settled: 0n });
    const key = stateKey.receipt(a.gateway, sent.packet.lane, sent.packet.sequence);
    expect(rope.must(key, receiptRecordCodec).acknowledgement).toBeNull();
    expect(world.fetch(a).acknowledgements).toEqual([]);
    const [leg2] = world.fetch(b).packets;
    expect(leg2?.payload).toEqual(sent.payload);
    expect(leg2?.packet).toEqual({
      ...sent.packet,
      sourceGateway: ROPE,
      destinationGateway: b.gateway,
      transferId: sent.transferId,
      recipient,
      timeoutMs: LATER_MS,
      gasLimit: 200_000,
      sequence: 1n,
    });
  });

  it("keeps the timeout that its sender chose, however short: it did not wait here", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const finalTimeoutMs = rope.timeMs + 1n;
    const route = { assetId, amount: 500n, finalGateway: b.gateway, finalRecipient: recipient };
    world.relay(a, a.send({ ...route, finalTimeoutMs }));
    expect(world.fetch(b).packets[0]?.packet.timeoutMs).toBe(finalTimeoutMs);
  });

  it("is SETTLED by the DELIVERED receipt, and A learns who brought it", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const sent = send(a, b.gateway, 500n);
    world.relay(a, sent);
    world.answer(b);
    expect(world.transfer(sent)).toMatchObject({
      state: TRANSFER_STATE.settled,
      failure: 0,
      endedHeight: rope.height,
      endedAtMs: rope.timeMs,
    });
    expect(world.books(cny)).toEqual({ ...NO_BOOKS, escrow: 500n, outstandingTotal: 500n });
    expect(world.outstanding(cny, b.gateway)).toBe(500n);
    expect(world.position(cny, b.gateway)).toMatchObject({ settled: 500n, refundAcked: 0n });
    expect(world.answersTo(sent)).toEqual([
      {
        version: 1,
        status: ACK_STATUS.delivered,
        code: 0,
        lane: 0,
        sequence: sent.packet.sequence,
        sourceGateway: a.gateway,
        destinationGateway: ROPE,
        packetHash: packetHash(SUITE_KECCAK, sent.packet),
        resultHash: new Uint8Array(32),
        payee: relayer.b32,
        atMs: rope.timeMs,
      },
    ]);
  });
});

describe("a transfer home to the origin", () => {
  it("takes from the voucher strand, and settling frees the escrow", () => {
    const world = createWorld();
    const { a, b } = world;
    endow(world, 500n);
    const back = send(b, a.gateway, 200n);
    world.relay(b, back);
    expect(world.books(cny)).toEqual({
      escrow: 500n,
      outstandingTotal: 300n,
      inFlight: 200n,
      held: 0n,
    });
    world.answer(a);
    expect(world.books(cny)).toEqual({ ...NO_BOOKS, escrow: 300n, outstandingTotal: 300n });
    expect(world.outstanding(cny, b.gateway)).toBe(300n);
    world.answer(b);
    expect(a.books(assetId)).toMatchObject({ out: 500n, in: 200n, balance: 300n });
    expect(b.books(assetId)).toMatchObject({ out: 200n, in: 500n, balance: 300n });
  });

  it("may take everything there is, and nothing is left", () => {
    const world = createWorld();
    endow(world, 500n);
    world.relay(world.b, send(world.b, world.a.gateway, 500n));
    world.answer(world.a);
    expect(world.books(cny)).toEqual(NO_BOOKS);
  });
});

it("a transfer between two voucher strands leaves the escrow alone", () => {
  const world = createWorld();
  const { b, c } = world;
  endow(world, 500n);
  world.relay(b, send(b, c.gateway, 300n));
  world.answer(c);
  expect(world.books(cny)).toEqual({ ...NO_BOOKS, escrow: 500n, outstandingTotal: 500n });
  expect(world.outstanding(cny, b.gateway)).toBe(200n);
  expect(world.outstanding(cny, c.gateway)).toBe(300n);
});

it("a transfer that ends on the rope is SETTLED in the block that receives it", () => {
  const world = createWorld();
  const { a } = world;
  const sent = send(a, ROPE, 500n, bob.b32);
  world.relay(a, sent);
  expect(world.transfer(sent)).toMatchObject({ state: TRANSFER_STATE.settled, leg2Sequence: 0n });
  expect(world.books(cny)).toEqual({ ...NO_BOOKS, escrow: 500n, outstandingTotal: 500n });
  expect(world.outstanding(cny, ROPE)).toBe(500n);
  expect(world.answersTo(sent).map(({ status }) => status)).toEqual([ACK_STATUS.delivered]);
});

describe("a second leg that B did not deliver", () => {
  const verdicts = [
    [{ status: ACK_STATUS.failed, code: failureCode("receiver-reverted") }, "receiver-reverted"],
    [{ status: ACK_STATUS.failed, code: failureCode("paused") }, "paused"],
    [{ status: ACK_STATUS.expired, code: failureCode("expired") }, "expired"],
  ] as const;

  it.each(verdicts)("%o: RETURNED, a FAILED acknowledgement with %s", (verdict, name) => {
    const world = createWorld();
    const { a, b } = world;
    const sent = send(a, b.gateway, 500n);
    world.relay(a, sent);
    world.answer(b, verdict);
    const failure = failureCode(name);
    expect(world.transfer(sent)).toMatchObject({ state: TRANSFER_STATE.returned, failure });
    expect(world.books(cny)).toEqual(NO_BOOKS);
    expect(world.position(cny, a.gateway)).toMatchObject({ received: 500n, refundAcked: 500n });
    expect(world.outstanding(cny, b.gateway)).toBe(0n);
    const answers = world.answersTo(sent).map(({ status, code }) => ({ status, code }));
    expect(answers).toEqual([{ status: ACK_STATUS.failed, code: failure }]);
    world.answer(a);
    expect(a.books(assetId)).toMatchObject({ out: 500n, refunded: 500n, balance: 0n });
  });

  it("gives back to a voucher strand what it had held", () => {
    const world = createWorld();
    const { a, b, c } = world;
    endow(world, 500n);
    world.relay(b, send(b, c.gateway, 300n));
    world.answer(c, verdicts[0][0]);
    expect(world.books(cny)).toEqual({ ...NO_BOOKS, escrow: 500n, outstandingTotal: 500n });
    expect(world.outstanding(cny, b.gateway)).toBe(500n);
    world.answer(b);
    world.relay(b, send(b, a.gateway, 500n));
    world.answer(a);
    expect(world.books(cny)).toEqual(NO_BOOKS);
  });
});

describe("a first leg that comes late", () => {
  it("is RETURNED with an EXPIRED acknowledgement at the very millisecond of its timeout", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const timeoutMs = rope.timeMs + 5_000n;
    const plan = { assetId, amount: 500n, finalGateway: b.gateway, finalRecipient: recipient };
    const sent = a.send({ ...plan, timeoutMs });
    rope.at(timeoutMs, ...world.receive(a, sent));
    expect(world.transfer(sent)).toMatchObject({
      state: TRANSFER_STATE.returned,
      failure: failureCode("expired"),
    });
    const answers = world.answersTo(sent).map(({ status, code }) => ({ status, code }));
    expect(answers).toEqual([{ status: ACK_STATUS.expired, code: failureCode("expired") }]);
    expect(world.books(cny)).toEqual(NO_BOOKS);
    expect(world.position(cny, a.gateway)).toMatchObject({ received: 500n, refundAcked: 500n });
    expect(world.fetch(b).packets).toEqual([]);
  });

  it("is in time one millisecond before", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const timeoutMs = rope.timeMs + 5_000n;
    const plan = { assetId, amount: 500n, finalGateway: b.gateway, finalRecipient: recipient };
    const sent = a.send({ ...plan, timeoutMs });
    rope.at(timeoutMs - 1n, ...world.receive(a, sent));
    expect(world.transfer(sent).state).toBe(TRANSFER_STATE.forwarded);
  });
});

it("an outbox entry is the packet itself, under the hash that the strand will check", () => {
  const world = createWorld();
  const { rope, a, b } = world;
  const count = rope.records("packets/outbox-entry/").length;
  world.relay(a, send(a, b.gateway, 500n));
  const entries = rope.records("packets/outbox-entry/");
  expect(entries.length).toBe(count + 1);
  const [leg2] = world.fetch(b).packets;
  const entry = rope.must(stateKey.outboxEntry(b.gateway, b.cursor - 1n), outboxEntryRecordCodec);
  expect(leg2 && packetHash(SUITE_KECCAK, leg2.packet)).toEqual(entry.bodyHash);
  expect(entry.height).toBe(rope.height);
  const bytes = encode(assetPayloadCodec, {
    assetId,
    tokenId: new Uint8Array(32),
    amount: 500n,
    finalGateway: b.gateway,
    finalRecipient: recipient,
    finalTimeoutMs: LATER_MS,
    finalGasLimit: 200_000,
    obligationId: new Uint8Array(32),
    memo: new Uint8Array(0),
  });
  expect(entry.payload).toEqual(bytes);
});
