import {
  ACK_STATUS,
  failureCode,
  MAX_GAS_LIMIT,
  MAX_TIMEOUT_MS,
  PACKET_KIND,
  type Packet,
  packetHash,
  payloadHash,
  positionRecordCodec,
  receiptRecordCodec,
  SUITE_KECCAK,
  stateKey,
  TRANSFER_STATE,
  transferRecordCodec,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { officer, ROPE } from "../../kit/genesis.ts";
import { plan } from "../../kit/rope-bench.ts";
import type { SendPlan, Sent, StrandBench } from "../../kit/strand-bench.ts";
import { cny, createWorld, deed, gold, type World } from "../../kit/world.ts";

const finalRecipient = seed("recipient");
const MAX_U128 = (1n << 128n) - 1n;
const NO_BOOKS = { escrow: 0n, outstandingTotal: 0n, inFlight: 0n, held: 0n };

function sendPlan({ b }: World, change: Partial<SendPlan> = {}): SendPlan {
  const { assetId } = cny;
  return { assetId, amount: 500n, finalGateway: b.gateway, finalRecipient, ...change };
}

/** RETURNED at once: a FAILED receipt and its acknowledgement, and nothing forwarded to anybody. */
function expectRefused(world: World, sent: Sent, failure: string): void {
  const code = failureCode(failure);
  const { state, leg2Sequence, failure: recorded } = world.transfer(sent);
  expect({ state, leg2Sequence, recorded }).toEqual({
    state: TRANSFER_STATE.returned,
    leg2Sequence: 0n,
    recorded: code,
  });
  const answers = world.answersTo(sent).map((ack) => ({ status: ack.status, code: ack.code }));
  expect(answers).toEqual([{ status: ACK_STATUS.failed, code }]);
  for (const strand of [world.a, world.b, world.c]) {
    expect(world.fetch(strand).packets).toEqual([]);
  }
}

/** What a first leg of A is refused for. */
const refusals: readonly (readonly [string, string, (world: World) => Partial<SendPlan>])[] = [
  ["unknown-asset", "an asset that nobody registered", () => ({ assetId: seed("unheard of") })],
  [
    "unknown-asset",
    "an asset that its destination does not have",
    ({ c }) => ({ assetId: gold.assetId, finalGateway: c.gateway }),
  ],
  [
    "inexact-amount",
    "an amount with a remainder at the scale of C",
    ({ c }) => ({ finalGateway: c.gateway, amount: 199n }),
  ],
  ["bad-payload", "no amount", () => ({ amount: 0n })],
  ["bad-payload", "a token of a fungible asset", () => ({ tokenId: seed("token") })],
  ["bad-payload", "a title without its token", () => ({ assetId: deed.assetId, amount: 1n })],
  [
    "bad-payload",
    "two of one title",
    () => ({ assetId: deed.assetId, amount: 2n, tokenId: seed("token") }),
  ],
  ["recipient-zero", "no recipient", () => ({ finalRecipient: ZERO_32 })],
  [
    "recipient-zero",
    "a recipient on the rope that is no account",
    () => ({ finalGateway: ROPE, finalRecipient: seed("not padded") }),
  ],
  [
    "bad-payload",
    "more gas than a delivery may have",
    () => ({ finalGasLimit: MAX_GAS_LIMIT + 1 }),
  ],
  [
    "bad-payload",
    "a second leg that would outlast the longest",
    ({ rope }) => ({ finalTimeoutMs: rope.timeMs + 60_000n + MAX_TIMEOUT_MS }),
  ],
  ["unknown-gateway", "a gateway of nobody", () => ({ finalGateway: seed("nowhere") })],
  ["unknown-gateway", "a gateway of zeros", () => ({ finalGateway: ZERO_32 })],
  ["unknown-gateway", "its own strand", ({ a }) => ({ finalGateway: a.gateway })],
];

describe("a first leg that is refused", () => {
  it.each(refusals)("%s: %s", (failure, _, change) => {
    const world = createWorld();
    const sent = world.a.lie(sendPlan(world, change(world)));
    world.relay(world.a, sent);
    expectRefused(world, sent, failure);
    expect(world.books(cny)).toEqual(NO_BOOKS);
  });

  it("takes the most gas that a delivery may have", () => {
    const world = createWorld();
    const sent = world.a.send(sendPlan(world, { finalGasLimit: MAX_GAS_LIMIT }));
    world.relay(world.a, sent);
    expect(world.transfer(sent).state).toBe(TRANSFER_STATE.forwarded);
  });

  it("unknown-asset: from a strand that does not have the asset", () => {
    const world = createWorld();
    const { a, c } = world;
    const sent = c.lie(sendPlan(world, { assetId: gold.assetId, finalGateway: a.gateway }));
    world.relay(c, sent);
    expectRefused(world, sent, "unknown-asset");
  });

  it("unknown-asset: the destination has not confirmed its representation", () => {
    const world = createWorld();
    const { rope, a, c } = world;
    const { assetId } = gold;
    rope.do(
      plan(officer.standards, "asset/add-representation", {
        ...{ assetId, gateway: c.gateway, localId: ZERO_32, decimals: 0, scale: 0 },
        ...{ netLimit: 0n, windowMs: 0n },
      }),
    );
    const sent = a.lie(sendPlan(world, { assetId, finalGateway: c.gateway }));
    world.relay(a, sent);
    expect(world.transfer(sent).failure).toBe(failureCode("unknown-asset"));
  });

  it("unknown-gateway: the destination is suspended", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const { gateway } = b;
    rope.do(plan(officer.admission, "chains/suspend", { gateway, reason: 1 }));
    const sent = a.send(sendPlan(world));
    world.relay(a, sent);
    expectRefused(world, sent, "unknown-gateway");
  });

  it("overflow: more than the escrow can count", () => {
    const world = createWorld();
    const { a, b } = world;
    world.relay(a, a.lie(sendPlan(world, { amount: MAX_U128 })));
    world.fetch(b);
    const sent = a.lie(sendPlan(world, { amount: 1n }));
    world.relay(a, sent);
    expectRefused(world, sent, "overflow");
    expect(world.books(cny)).toMatchObject({ escrow: MAX_U128, inFlight: MAX_U128 });
  });

  it("paused: the asset is frozen at its destination", () => {
    const world = createWorld();
    const { a, b } = world;
    world.relay(b, b.lie(sendPlan(world, { finalGateway: a.gateway })));
    const sent = a.send(sendPlan(world));
    world.relay(a, sent);
    expectRefused(world, sent, "paused");
  });
});

describe("the counters of a refused first leg", () => {
  it("grow together, so that the strand's refund will be found in order", () => {
    const world = createWorld();
    const { a } = world;
    const sent = a.send(sendPlan(world, { finalGateway: seed("nowhere") }));
    world.relay(a, sent);
    expect(world.position(cny, a.gateway)).toMatchObject({ received: 500n, refundAcked: 500n });
    world.answer(a);
    expect(a.books(cny.assetId)).toMatchObject({ out: 500n, refunded: 500n, balance: 0n });
  });

  it("do not exist for an asset that the strand does not have", () => {
    const world = createWorld();
    const { rope, a, c } = world;
    const { assetId } = gold;
    world.relay(c, c.lie(sendPlan(world, { assetId, finalGateway: a.gateway })));
    expect(rope.read(stateKey.position(assetId, c.gateway), positionRecordCodec)).toBeUndefined();
  });
});

/** A packet of A with `payload` as it is. */
function rawPacket(a: StrandBench, world: World, payload: Uint8Array, kind: number): Sent {
  const { packet: shape } = a.draft(sendPlan(world));
  const packet: Packet = {
    ...shape,
    kind,
    payloadLength: payload.length,
    payloadHash: payloadHash(SUITE_KECCAK, payload),
  };
  return { packet, payload, transferId: packetHash(SUITE_KECCAK, packet) };
}

describe("a packet that is no transfer", () => {
  it("bad-payload: bytes that are no asset payload; on record without one", () => {
    const world = createWorld();
    const { a } = world;
    const sent = a.commit(rawPacket(a, world, seed("no payload"), PACKET_KIND.asset));
    world.relay(a, sent);
    expectRefused(world, sent, "bad-payload");
    expect(world.transfer(sent).asset).toBeNull();
  });

  const strange = [
    ["control, which only the rope sends", PACKET_KIND.control],
    ["a kind that nobody knows", 9],
  ] as const;

  it.each(strange)("bad-action: %s; a receipt and no record", (_, kind) => {
    const world = createWorld();
    const { rope, a } = world;
    const { payload } = a.draft(sendPlan(world));
    const sent = a.commit(rawPacket(a, world, payload, kind));
    world.relay(a, sent);
    const code = failureCode("bad-action");
    expect(world.answersTo(sent).map((ack) => ack.code)).toEqual([code]);
    const key = stateKey.receipt(a.gateway, sent.packet.lane, sent.packet.sequence);
    const { acknowledgement } = rope.must(key, receiptRecordCodec);
    expect(acknowledgement).toMatchObject({ status: ACK_STATUS.failed, code });
    expect(rope.read(stateKey.transfer(sent.transferId), transferRecordCodec)).toBeUndefined();
  });
});
