import { ACK_STATUS, failureCode, TRANSFER_STATE, ZERO_32 } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { bob, ROPE } from "../../kit/genesis.ts";
import { placeHold, SUBJECT } from "../../kit/holds.ts";
import type { Sent, StrandBench } from "../../kit/strand-bench.ts";
import {
  createWorld,
  metered,
  ORIGIN_LIMIT,
  VOUCHER_LIMIT,
  WINDOW_MS,
  type World,
} from "../../kit/world.ts";

const { assetId } = metered;
const finalRecipient = seed("recipient");
const { queued, forwarded, settled } = TRANSFER_STATE;
const LIMIT = 2;
const LARGE = 3;

function send(from: StrandBench, to: Uint8Array, amount: bigint): Sent {
  return from.send({ assetId, amount, finalGateway: to, finalRecipient });
}

/** Out of the origin, one packet per amount, in this order. */
function leave({ b, a }: World, ...amounts: readonly bigint[]): readonly Sent[] {
  return amounts.map((amount) => send(b, a.gateway, amount));
}

const statesOf = (world: World, sents: readonly Sent[]): readonly number[] =>
  sents.map((sent) => world.transfer(sent).state);

function windowEnd({ rope }: World): bigint {
  return rope.timeMs - (rope.timeMs % WINDOW_MS) + WINDOW_MS;
}

/** A world at the start of a window, so that what follows falls into one. */
function freshWindow(): World {
  const world = createWorld();
  world.rope.at(windowEnd(world));
  return world;
}

describe("the net limit of a window", () => {
  it("lets pass what reaches it exactly, and queues the rest until the next window", () => {
    const world = freshWindow();
    const sents = leave(world, ORIGIN_LIMIT - 1n, 1n, 1n);
    world.relay(world.b, ...sents);
    expect(statesOf(world, sents)).toEqual([forwarded, forwarded, queued]);
    const [, , last] = sents;
    expect(last && world.transfer(last)).toMatchObject({
      queueReason: LIMIT,
      holdId: ZERO_32,
      releaseAtMs: windowEnd(world),
    });
    expect(world.books(metered)).toEqual({
      escrow: ORIGIN_LIMIT + 1n,
      outstandingTotal: 0n,
      inFlight: ORIGIN_LIMIT,
      held: 1n,
    });
  });

  it("releases in the next window what fits there; the rest waits for another", () => {
    const world = freshWindow();
    const sents = leave(world, ORIGIN_LIMIT, 700n, 700n);
    world.relay(world.b, ...sents);
    expect(statesOf(world, sents)).toEqual([forwarded, queued, queued]);
    const end = windowEnd(world);
    world.rope.at(end - 1n);
    expect(statesOf(world, sents)).toEqual([forwarded, queued, queued]);
    world.rope.at(end);
    expect(statesOf(world, sents).toSorted()).toEqual([queued, forwarded, forwarded]);
    expect(world.books(metered)).toMatchObject({ inFlight: ORIGIN_LIMIT + 700n, held: 700n });
    world.rope.at(windowEnd(world));
    expect(statesOf(world, sents)).toEqual([forwarded, forwarded, forwarded]);
    expect(world.rope.records("transfers/release-queue/")).toEqual([]);
  });

  it("begins anew with every window", () => {
    const world = freshWindow();
    const first = leave(world, ORIGIN_LIMIT);
    world.relay(world.b, ...first);
    world.rope.at(windowEnd(world));
    const second = leave(world, ORIGIN_LIMIT);
    world.relay(world.b, ...second);
    expect(statesOf(world, [...first, ...second])).toEqual([forwarded, forwarded]);
  });

  it("is net: what comes home makes room", () => {
    const world = freshWindow();
    const { a, b } = world;
    world.relay(b, ...leave(world, ORIGIN_LIMIT));
    world.answer(a);
    world.relay(a, send(a, b.gateway, 400n));
    world.answer(b);
    const sents = leave(world, 400n, 1n);
    world.relay(b, ...sents);
    expect(statesOf(world, sents)).toEqual([forwarded, queued]);
  });

  it("gives room back for what came back undelivered, and for no more", () => {
    const world = freshWindow();
    const { a, b } = world;
    world.relay(b, ...leave(world, ORIGIN_LIMIT));
    world.answer(a, { status: ACK_STATUS.failed, code: failureCode("paused") });
    const sents = leave(world, ORIGIN_LIMIT, 1n);
    world.relay(b, ...sents);
    expect(statesOf(world, sents)).toEqual([forwarded, queued]);
  });

  it("counts what ends on the rope, and what leaves a voucher strand", () => {
    const world = freshWindow();
    const { b, c } = world;
    const toRope = b.send({
      ...{ assetId, amount: ORIGIN_LIMIT, finalGateway: ROPE },
      finalRecipient: bob.b32,
    });
    const more = leave(world, 1n);
    world.relay(b, toRope, ...more);
    expect(statesOf(world, [toRope, ...more])).toEqual([settled, queued]);
    world.rope.at(windowEnd(world));
    world.relay(b, send(b, c.gateway, ORIGIN_LIMIT - 1n));
    world.answer(c);
    world.rope.at(windowEnd(world));
    const out = [VOUCHER_LIMIT, 1n].map((amount) => send(c, b.gateway, amount));
    world.relay(c, ...out);
    expect(statesOf(world, out)).toEqual([forwarded, queued]);
    expect(world.outstanding(metered, c.gateway)).toBe(ORIGIN_LIMIT - 1n - VOUCHER_LIMIT - 1n);
  });

  it("does not bind a strand without one", () => {
    const world = freshWindow();
    const { a, b } = world;
    world.relay(b, ...leave(world, ORIGIN_LIMIT));
    world.answer(a);
    const sents = [1n, ORIGIN_LIMIT - 1n].map((amount) => send(a, b.gateway, amount));
    world.relay(a, ...sents);
    expect(statesOf(world, sents)).toEqual([forwarded, forwarded]);
  });
});

describe("an amount above the limit of any window", () => {
  it("is delayed to the next one and goes then, as the first and only one of it", () => {
    const world = freshWindow();
    const { b } = world;
    const [large] = leave(world, 5n * ORIGIN_LIMIT);
    if (!large) throw new Error("unreachable");
    world.relay(b, large);
    expect(world.transfer(large)).toMatchObject({
      state: queued,
      queueReason: LARGE,
      releaseAtMs: windowEnd(world),
    });
    world.rope.at(windowEnd(world));
    expect(world.transfer(large).state).toBe(forwarded);
    const after = leave(world, 1n);
    world.relay(b, ...after);
    expect(statesOf(world, after)).toEqual([queued]);
  });

  it("lets go one per window, however many wait", () => {
    const world = freshWindow();
    const sents = leave(world, 2_000n, 3_000n, 4_000n);
    world.relay(world.b, ...sents);
    for (const waiting of [2, 1, 0]) {
      world.rope.at(windowEnd(world));
      expect(statesOf(world, sents).filter((state) => state === queued).length).toBe(waiting);
    }
  });

  it("is not overtaken by what arrives in the first block of its window", () => {
    const world = freshWindow();
    const [large] = leave(world, 2_000n);
    if (!large) throw new Error("unreachable");
    world.relay(world.b, large);
    const small = leave(world, 1n);
    world.rope.at(windowEnd(world), ...world.receive(world.b, ...small));
    expect(statesOf(world, [large, ...small])).toEqual([forwarded, queued]);
  });

  it("goes before what came later, however much of that waits", () => {
    const world = freshWindow();
    const sents = leave(world, 2_000n, ...Array.from({ length: 12 }, () => 1_001n));
    world.relay(world.b, ...sents);
    for (let gone = 1; gone <= 3; gone += 1) {
      world.rope.at(windowEnd(world));
      const expected = sents.map((_, index) => (index < gone ? forwarded : queued));
      expect(statesOf(world, sents)).toEqual(expected);
    }
  });

  it("waits on for a hold that stands at its release", () => {
    const world = freshWindow();
    const [large] = leave(world, 2_000n);
    if (!large) throw new Error("unreachable");
    world.relay(world.b, large);
    const holdId = placeHold(world.rope, { kind: SUBJECT.transfer, subject: large.transferId });
    world.rope.at(windowEnd(world));
    expect(world.transfer(large)).toMatchObject({ state: queued, queueReason: 1, holdId });
  });
});

it("a due release wants a block although no transaction waits", () => {
  const world = freshWindow();
  const { rope, b } = world;
  const { application } = rope.runtime;
  world.relay(b, ...leave(world, 2_000n));
  // The blocks that carry the new roots into headers.
  for (let index = 0; index < 4; index += 1) rope.do();
  const end = windowEnd(world);
  expect(application.wantsBlock(end - 1n, rope.last)).toBe(false);
  expect(application.wantsBlock(end, rope.last)).toBe(true);
});
