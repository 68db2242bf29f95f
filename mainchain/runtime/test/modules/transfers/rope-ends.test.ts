import {
  ACK_STATUS,
  type Acknowledgement,
  assetPayloadCodec,
  encode,
  failureCode,
  MAX_GAS_LIMIT,
  MAX_TIMEOUT_MS,
  packetHash,
  payloadHash,
  receiptRecordCodec,
  type SendAsset,
  SUITE_SM,
  stateKey,
  TRANSFER_STATE,
  type TransferRecord,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { alice, bob, LATER_MS, officer, PARAMETERS, ROPE, relayer } from "../../kit/genesis.ts";
import { liftHold, placeHold, SUBJECT } from "../../kit/holds.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan } from "../../kit/rope-bench.ts";
import { cny, createWorld, deed, gold, type World } from "../../kit/world.ts";

const recipient = seed("recipient");
const NO_BOOKS = { escrow: 0n, outstandingTotal: 0n, inFlight: 0n, held: 0n };
const FAILED = { status: ACK_STATUS.failed, code: failureCode("receiver-reverted") };
const { forwarded, settled, returned, queued } = TRANSFER_STATE;

function bodyOf(world: World, change: Partial<SendAsset> = {}): SendAsset {
  return {
    ...{ assetId: cny.assetId, tokenId: ZERO_32, amount: 200n },
    ...{ finalGateway: world.b.gateway, finalRecipient: recipient, finalTimeoutMs: LATER_MS },
    ...{ finalGasLimit: 200_000, obligationId: ZERO_32, memo: seed("memo") },
    ...change,
  };
}

const send = (world: World, change: Partial<SendAsset> = {}, from = alice): Plan =>
  plan(from, "transfers/send-asset", bodyOf(world, change));

/** 500 of A's asset in Alice's account. */
function endowed(): World {
  const world = createWorld();
  const { a } = world;
  const { assetId } = cny;
  world.relay(a, a.send({ assetId, amount: 500n, finalGateway: ROPE, finalRecipient: alice.b32 }));
  return world;
}

/** 1000 units of the rope's own asset in Alice's account. */
function issued(): World {
  const world = createWorld();
  const { assetId } = gold;
  const body = { assetId, tokenId: ZERO_32, amount: 1_000n, to: alice.address };
  world.rope.do(plan(officer.standards, "asset/issue", body));
  return world;
}

function receiptOf({ rope }: World, { leg1 }: TransferRecord): Acknowledgement | null {
  const key = stateKey.receipt(leg1.sourceGateway, leg1.lane, leg1.sequence);
  return rope.must(key, receiptRecordCodec).acknowledgement;
}

describe("the rope as the last strand", () => {
  it("credits the account, and is answered in the same block by whoever brought the packet", () => {
    const world = endowed();
    expect(world.holding(cny, alice)).toBe(500n);
    expect(world.newest()).toMatchObject({ state: settled, leg2Sequence: 0n });
    const { acknowledgements } = world.fetch(world.a);
    expect(acknowledgements).toMatchObject([
      { status: ACK_STATUS.delivered, payee: relayer.b32, sourceGateway: world.a.gateway },
    ]);
    expect(world.position(cny, ROPE)).toMatchObject({ outstanding: 500n, settled: 500n });
  });

  it("frees the escrow of its own asset when that comes home", () => {
    const world = issued();
    const { rope, a } = world;
    const { assetId } = gold;
    rope.do(send(world, { assetId, finalGateway: a.gateway, amount: 400n }));
    world.answer(a);
    expect(world.books(gold)).toEqual({ ...NO_BOOKS, escrow: 400n, outstandingTotal: 400n });
    const back = { assetId, amount: 150n, finalGateway: ROPE, finalRecipient: bob.b32 };
    world.relay(a, a.send(back));
    expect(world.books(gold)).toEqual({ ...NO_BOOKS, escrow: 250n, outstandingTotal: 250n });
    expect(world.holding(gold, bob)).toBe(150n);
    expect(world.holding(gold, alice)).toBe(600n);
  });

  it("holds what is on hold, and credits nobody meanwhile", () => {
    const world = createWorld();
    const { rope, a } = world;
    const { assetId } = cny;
    const holdId = placeHold(rope, { kind: SUBJECT.account, subject: bob.b32 });
    const route = { assetId, amount: 500n, finalGateway: ROPE, finalRecipient: bob.b32 };
    const sent = a.send(route);
    world.relay(a, sent);
    expect(world.transfer(sent).state).toBe(queued);
    expect(world.holding(cny, bob)).toBe(0n);
    liftHold(rope, holdId, 1);
    expect(world.transfer(sent).state).toBe(settled);
    expect(world.holding(cny, bob)).toBe(500n);
    expect(world.answersTo(sent)).toMatchObject([{ status: ACK_STATUS.delivered, payee: ZERO_32 }]);
  });
});

describe("the rope as the first strand", () => {
  it("debits the sender and sends the second leg under its own first", () => {
    const world = endowed();
    const { rope, b } = world;
    rope.do(send(world));
    const transfer = world.newest();
    const payload = encode(assetPayloadCodec, bodyOf(world));
    expect(transfer.leg1).toEqual({
      ...{ version: 1, kind: 1, lane: 0, sequence: 1n, transferId: ZERO_32, recipient },
      ...{ sourceGateway: ROPE, destinationGateway: ROPE, sender: alice.b32 },
      ...{ timeoutMs: LATER_MS, gasLimit: 200_000, payloadLength: payload.length },
      payloadHash: payloadHash(SUITE_SM, payload),
    });
    expect(transfer).toMatchObject({
      state: forwarded,
      payload,
      transferId: packetHash(SUITE_SM, transfer.leg1),
    });
    expect(world.holding(cny, alice)).toBe(300n);
    expect(world.books(cny)).toEqual({
      ...{ escrow: 500n, outstandingTotal: 300n, inFlight: 200n, held: 0n },
    });
    const [leg2] = world.fetch(b).packets;
    expect(leg2?.payload).toEqual(payload);
    expect(leg2?.packet).toMatchObject({
      ...{ sourceGateway: ROPE, destinationGateway: b.gateway, sender: alice.b32, recipient },
      transferId: transfer.transferId,
    });
  });

  it("ends with a receipt of its own, and no leaf: the rope needs no message from itself", () => {
    const world = endowed();
    const { rope, b } = world;
    rope.do(send(world));
    expect(receiptOf(world, world.newest())).toBeNull();
    world.answer(b);
    const transfer = world.newest();
    expect(transfer.state).toBe(settled);
    expect(receiptOf(world, transfer)).toMatchObject({
      ...{ status: ACK_STATUS.delivered, code: 0, payee: relayer.b32 },
      ...{ sourceGateway: ROPE, destinationGateway: ROPE, packetHash: transfer.transferId },
    });
    expect(rope.value(stateKey.outbox(ROPE))).toBeUndefined();
    expect(world.outstanding(cny, b.gateway)).toBe(200n);
  });

  it("gives the amount back to its sender when B does not deliver it", () => {
    const world = endowed();
    const { rope, b } = world;
    rope.do(send(world));
    world.answer(b, FAILED);
    expect(world.newest()).toMatchObject({ state: returned, failure: FAILED.code });
    expect(receiptOf(world, world.newest())).toMatchObject(FAILED);
    expect(world.holding(cny, alice)).toBe(500n);
    expect(world.books(cny)).toEqual({ ...NO_BOOKS, escrow: 500n, outstandingTotal: 500n });
  });

  it("puts its own asset into escrow, and a return empties it", () => {
    const world = issued();
    const { rope, a } = world;
    rope.do(send(world, { assetId: gold.assetId, finalGateway: a.gateway, amount: 1_000n }));
    expect(world.books(gold)).toEqual({ ...NO_BOOKS, escrow: 1_000n, inFlight: 1_000n });
    expect(world.holding(gold, alice)).toBe(0n);
    world.answer(a, FAILED);
    expect(world.books(gold)).toEqual(NO_BOOKS);
    expect(world.holding(gold, alice)).toBe(1_000n);
  });

  it("is held like any other, and a denial gives back", () => {
    const world = endowed();
    const { rope } = world;
    const holdId = placeHold(rope, { kind: SUBJECT.account, subject: alice.b32 });
    rope.do(send(world));
    expect(world.newest()).toMatchObject({ state: queued, holdId });
    expect(world.holding(cny, alice)).toBe(300n);
    liftHold(rope, holdId, 2);
    expect(world.newest()).toMatchObject({
      state: returned,
      failure: failureCode("refused-by-supervision"),
    });
    expect(world.holding(cny, alice)).toBe(500n);
  });

  it("counts its own sequence, transfer by transfer", () => {
    const world = endowed();
    world.rope.do(send(world, { amount: 1n }), send(world, { amount: 1n }));
    expect(world.newest().leg1.sequence).toBe(2n);
    expect(world.fetch(world.b).packets.map(({ packet }) => packet.sequence)).toEqual([1n, 2n]);
  });
});

describe("the rope refuses to send, and nothing has moved", () => {
  const refusals: readonly (readonly [string, string, (world: World) => Partial<SendAsset>])[] = [
    ["more than the sender holds", "asset/insufficient", () => ({ amount: 500n })],
    ["an unknown asset", "transfers/refused", () => ({ assetId: seed("unheard of") })],
    ["an unknown gateway", "transfers/refused", () => ({ finalGateway: seed("nowhere") })],
    ["the rope itself", "transfers/refused", () => ({ finalGateway: ROPE })],
    ["no recipient", "transfers/refused", () => ({ finalRecipient: ZERO_32 })],
    ["no amount", "transfers/refused", () => ({ amount: 0n })],
    ["a token of a fungible asset", "transfers/refused", () => ({ tokenId: seed("token") })],
    [
      "an inexact amount",
      "transfers/refused",
      ({ c }) => ({ finalGateway: c.gateway, amount: 150n }),
    ],
    [
      "an asset that the destination does not have",
      "transfers/refused",
      ({ c }) => ({ assetId: gold.assetId, finalGateway: c.gateway }),
    ],
    ["a title without its token", "transfers/refused", () => ({ assetId: deed.assetId })],
    [
      "a timeout before the shortest leg",
      "transfers/bad-field",
      ({ rope }) => ({ finalTimeoutMs: rope.timeMs + PARAMETERS.minLegMs }),
    ],
    [
      "a timeout after the longest leg",
      "transfers/bad-field",
      ({ rope }) => ({ finalTimeoutMs: rope.timeMs + 60_000n + MAX_TIMEOUT_MS }),
    ],
    [
      "more gas than a delivery may have",
      "transfers/bad-field",
      () => ({ finalGasLimit: MAX_GAS_LIMIT + 1 }),
    ],
  ];

  it.each(refusals)("%s: %s", (_, code, change) => {
    const world = endowed();
    const { rope } = world;
    // Bob holds the most, so that the rope as a whole holds more than Alice.
    const { assetId } = cny;
    const give = { assetId, tokenId: ZERO_32, amount: 300n, to: bob.address };
    rope.do(plan(alice, "asset/transfer", give));
    expectRefused(rope, code, send(world, change(world)));
  });

  it("more than the rope holds: transfers/refused", () => {
    const world = endowed();
    expectRefused(world.rope, "transfers/refused", send(world, { amount: 501n }));
    expect(world.position(cny, ROPE).flags).toBe(0);
  });

  it("takes a timeout of exactly the shortest leg", () => {
    const world = endowed();
    const { rope } = world;
    const timeMs = rope.timeMs + 1_000n;
    rope.at(timeMs, send(world, { finalTimeoutMs: timeMs + PARAMETERS.minLegMs }));
    expect(world.newest().state).toBe(forwarded);
  });
});
