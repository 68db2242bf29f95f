import {
  ACK_STATUS,
  bytesToHex,
  failureCode,
  receiptRecordCodec,
  stateKey,
  TRANSFER_STATE,
  transferRecordCodec,
  u64,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { alice, bob, ROPE } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { plan } from "../../kit/rope-bench.ts";
import type { SendPlan, Sent, StrandBench } from "../../kit/strand-bench.ts";
import { cny, createWorld, deed, type World } from "../../kit/world.ts";

const finalRecipient = seed("recipient");
const NO_BOOKS = { escrow: 0n, outstandingTotal: 0n, inFlight: 0n, held: 0n };
const { quarantined, returned, forwarded, settled } = TRANSFER_STATE;

function sendPlan({ a }: World, change: Partial<SendPlan> = {}): SendPlan {
  const { assetId } = cny;
  return { assetId, amount: 100n, finalGateway: a.gateway, finalRecipient, ...change };
}

/** `amount` of the fungible asset at B. */
function endowed(amount: bigint): World {
  const world = createWorld();
  const { a, b } = world;
  world.relay(a, a.send(sendPlan(world, { amount, finalGateway: b.gateway })));
  world.answer(b);
  world.answer(a);
  return world;
}

const isFrozen = (world: World, of: typeof cny, strand: StrandBench): boolean =>
  world.position(of, strand.gateway).flags === 1;

/** No receipt, so nothing that the strand could take for an answer; on record, frozen and alerted. */
function expectQuarantined(
  world: World,
  of: typeof cny,
  strand: StrandBench,
  sent: Sent,
  failure = "insufficient-escrow",
): void {
  const { rope } = world;
  const { lane, sequence } = sent.packet;
  expect(world.transfer(sent)).toMatchObject({
    state: quarantined,
    failure: failureCode(failure),
    leg2Sequence: 0n,
    endedHeight: 0n,
  });
  expect(rope.value(stateKey.receipt(strand.gateway, lane, sequence))).toBeUndefined();
  expect(world.answersTo(sent)).toEqual([]);
  expect(isFrozen(world, of, strand)).toBe(true);
}

describe("a strand that gives back what it does not hold", () => {
  it("is quarantined: no receipt, its pair frozen, an alert, and books untouched", () => {
    const world = endowed(500n);
    const { a, b } = world;
    const sent = b.lie(sendPlan(world, { amount: 501n }));
    const block = world.relay(b, sent);
    expectQuarantined(world, cny, b, sent);
    expect(world.books(cny)).toEqual({ ...NO_BOOKS, escrow: 500n, outstandingTotal: 500n });
    expect(world.fetch(a).packets).toEqual([]);
    const events = block.transactions.flatMap((one) => one.events);
    expect(events.find(({ kind }) => kind === "transfers.alert")?.attributes).toMatchObject({
      assetId: bytesToHex(cny.assetId),
      gateway: bytesToHex(b.gateway),
      transferId: bytesToHex(sent.transferId),
    });
  });

  it("may give back all that it holds", () => {
    const world = endowed(500n);
    const { b } = world;
    const sent = b.lie(sendPlan(world, { amount: 500n }));
    world.relay(b, sent);
    expect(world.transfer(sent).state).toBe(forwarded);
    expect(isFrozen(world, cny, b)).toBe(false);
  });

  it("is held to what it holds in all, packet by packet of one batch", () => {
    const world = endowed(500n);
    const { b } = world;
    const sents = [300n, 300n, 100n].map((amount) => b.lie(sendPlan(world, { amount })));
    world.relay(b, ...sents);
    const states = sents.map((sent) => world.transfer(sent).state);
    expect(states).toEqual([forwarded, quarantined, quarantined]);
    expect(world.books(cny)).toMatchObject({ inFlight: 300n, outstandingTotal: 200n });
  });

  it("stays frozen: what it could give is quarantined too, and nothing is sent to it", () => {
    const world = endowed(500n);
    const { a, b } = world;
    world.relay(b, b.lie(sendPlan(world, { amount: 501n })));
    const covered = b.lie(sendPlan(world, { amount: 1n }));
    const block = world.relay(b, covered);
    expectQuarantined(world, cny, b, covered, "paused");
    // Who sends what he has over a pair that another one has had frozen is accused of nothing.
    const events = block.transactions.flatMap((one) => one.events);
    expect(events.filter(({ kind }) => kind === "transfers.alert")).toEqual([]);
    const more = a.send(sendPlan(world, { finalGateway: b.gateway }));
    world.relay(a, more);
    expect(world.transfer(more)).toMatchObject({
      state: returned,
      failure: failureCode("paused"),
    });
  });

  it("is frozen for this asset alone", () => {
    const world = endowed(500n);
    const { a, b } = world;
    world.relay(b, b.lie(sendPlan(world, { amount: 501n })));
    const tokenId = seed("deed");
    const other = a.send(
      sendPlan(world, { assetId: deed.assetId, tokenId, amount: 1n, finalGateway: b.gateway }),
    );
    world.relay(a, other);
    world.answer(b);
    const back = b.send(sendPlan(world, { assetId: deed.assetId, tokenId, amount: 1n }));
    world.relay(b, back);
    expect(world.transfer(back).state).toBe(forwarded);
  });

  it("still gets its acknowledgements, and settles what was under way to it", () => {
    const world = endowed(500n);
    const { a, b } = world;
    const under = a.send(sendPlan(world, { finalGateway: b.gateway }));
    world.relay(a, under);
    const own = b.send(sendPlan(world));
    world.relay(b, own);
    world.relay(b, b.lie(sendPlan(world, { amount: 1_000n })));
    world.answer(b);
    world.answer(a);
    expect(world.transfer(under).state).toBe(settled);
    expect(world.transfer(own).state).toBe(settled);
  });
});

describe("a quarantined packet", () => {
  it("can be shown again: the same record, at the same place in the index", () => {
    const world = endowed(500n);
    const { rope, b } = world;
    const sent = b.lie(sendPlan(world, { amount: 501n }));
    world.relay(b, sent);
    const { index } = world.transfer(sent);
    const total = rope.must(stateKey.transferCount(), u64);
    world.relay(b, sent);
    expectQuarantined(world, cny, b, sent);
    expect(world.transfer(sent).index).toBe(index);
    expect(rope.must(stateKey.transferCount(), u64)).toBe(total);
  });

  it("is refused for good once it is late: its strand may then give it back", () => {
    const world = endowed(500n);
    const { rope, a, b } = world;
    const timeoutMs = rope.timeMs + 30_000n;
    const sent = b.lie(sendPlan(world, { amount: 501n, timeoutMs }));
    world.relay(b, sent);
    expectQuarantined(world, cny, b, sent);
    const { index } = world.transfer(sent);
    rope.at(timeoutMs, ...world.receive(b, sent));
    expect(world.transfer(sent)).toMatchObject({
      state: returned,
      failure: failureCode("expired"),
      index,
    });
    expect(world.answersTo(sent)).toMatchObject([{ status: ACK_STATUS.expired }]);
    const key = stateKey.receipt(b.gateway, sent.packet.lane, sent.packet.sequence);
    expect(rope.must(key, receiptRecordCodec).acknowledgement?.status).toBe(ACK_STATUS.expired);
    expect(world.books(cny)).toEqual({ ...NO_BOOKS, escrow: 500n, outstandingTotal: 500n });
    expect(world.fetch(a).packets).toEqual([]);
    expectRefused(
      rope,
      "packet/already-received",
      plan(alice, "packets/receive", b.receiveBody([sent])),
    );
  });
});

it("a compromised strand takes back no more than it holds, whatever it commits", () => {
  const world = endowed(500n);
  const { rope, b } = world;
  const amounts = [1n, 499n, 500n, 2n ** 127n, 2n ** 128n - 1n];
  const sents = amounts.map((amount) =>
    b.lie(sendPlan(world, { amount, finalGateway: ROPE, finalRecipient: bob.b32 })),
  );
  for (const sent of sents) world.relay(b, sent);
  const given = sents
    .map((sent) => rope.must(stateKey.transfer(sent.transferId), transferRecordCodec))
    .filter(({ state }) => state === settled)
    .reduce((sum, { asset }) => sum + (asset?.amount ?? 0n), 0n);
  expect(given).toBe(500n);
  expect(world.outstanding(cny, b.gateway)).toBe(0n);
  expect(world.outstanding(cny, ROPE)).toBe(500n);
});
