import {
  ACK_STATUS,
  failureCode,
  HOLD_DEFAULT,
  stateKey,
  TRANSFER_STATE,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { HOUR_MS, LATER_MS, officer, PARAMETERS } from "../../kit/genesis.ts";
import { liftHold, placeHold, SUBJECT } from "../../kit/holds.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { plan } from "../../kit/rope-bench.ts";
import type { SendPlan, Sent } from "../../kit/strand-bench.ts";
import { cny, createWorld, type World } from "../../kit/world.ts";

const sender = seed("watched sender");
const finalRecipient = seed("watched recipient");
const NO_BOOKS = { escrow: 0n, outstandingTotal: 0n, inFlight: 0n, held: 0n };
const HELD = { ...NO_BOOKS, escrow: 500n, held: 500n };
const IN_FLIGHT = { ...NO_BOOKS, escrow: 500n, inFlight: 500n };
const { queued, forwarded, returned, settled } = TRANSFER_STATE;

function draftOf({ b }: World): SendPlan {
  return { assetId: cny.assetId, amount: 500n, finalGateway: b.gateway, finalRecipient };
}

function draft(world: World, change: Partial<SendPlan> = {}): Sent {
  return world.a.send({ ...draftOf(world), sender, ...change });
}

/** A transfer that waits for a hold on its sender. */
function heldWorld(
  hold: { readonly forMs?: bigint; readonly onExpiry?: 1 | 2 } = {},
  change: Partial<SendPlan> = {},
): { readonly world: World; readonly sent: Sent; readonly holdId: Uint8Array } {
  const world = createWorld();
  const holdId = placeHold(world.rope, { kind: SUBJECT.account, subject: sender, ...hold });
  const sent = draft(world, change);
  world.relay(world.a, sent);
  return { world, sent, holdId };
}

function isQueued({ rope }: World): boolean {
  return rope.records("transfers/release-queue/").length > 0;
}

/** The subject of each kind that catches the transfer of `draft`. */
const subjects: readonly (readonly [string, 1 | 2 | 3 | 4, (world: World) => Uint8Array])[] = [
  ["its sender", SUBJECT.account, () => sender],
  ["its recipient", SUBJECT.account, () => finalRecipient],
  ["its asset", SUBJECT.asset, () => cny.assetId],
  ["its source", SUBJECT.gateway, ({ a }) => a.gateway],
  ["its destination", SUBJECT.gateway, ({ b }) => b.gateway],
  ["itself, before it came", SUBJECT.transfer, (world) => draft(world.fork()).transferId],
];

describe("a hold", () => {
  it.each(subjects)("on %s: QUEUED between the legs, with its reason and time", (_, kind, of) => {
    const world = createWorld();
    const { rope, a, b } = world;
    const holdId = placeHold(rope, { kind, subject: of(world) });
    const holdUntilMs = rope.timeMs - 1_000n + HOUR_MS;
    const sent = draft(world);
    world.relay(a, sent);
    expect(world.transfer(sent)).toMatchObject({
      state: queued,
      queueReason: 1,
      holdId,
      releaseAtMs: holdUntilMs,
      leg2Sequence: 0n,
    });
    expect(world.books(cny)).toEqual(HELD);
    expect(world.fetch(b).packets).toEqual([]);
    expect(world.answersTo(sent)).toEqual([]);
    expect(rope.value(stateKey.releaseQueue(holdUntilMs, 0n))).toEqual(sent.transferId);
  });

  it.each(["forward", "return"] as const)(
    "that ends leaves what another one holds where it is; a return is carried out then (%s)",
    (then) => {
      const world = createWorld();
      const { rope, a } = world;
      const first = placeHold(rope, { kind: SUBJECT.account, subject: sender });
      const second = placeHold(rope, { kind: SUBJECT.asset, subject: cny.assetId });
      const sent = draft(world);
      world.relay(a, sent);
      const { holdId } = world.transfer(sent);
      const [own, other] = Buffer.compare(holdId, first) === 0 ? [first, second] : [second, first];
      liftHold(rope, own, HOLD_DEFAULT.return);
      expect(world.transfer(sent)).toMatchObject({ state: queued, holdId: other });
      expect(world.books(cny)).toEqual(HELD);
      liftHold(rope, other, HOLD_DEFAULT[then]);
      expect(world.transfer(sent)).toMatchObject({
        ...{ state: returned, failure: failureCode("refused-by-supervision") },
      });
    },
  );

  it("on somebody else holds nothing up", () => {
    const world = createWorld();
    placeHold(world.rope, { kind: SUBJECT.account, subject: seed("somebody else") });
    const sent = draft(world);
    world.relay(world.a, sent);
    expect(world.transfer(sent).state).toBe(forwarded);
  });

  it("that is over holds nothing up", () => {
    const world = createWorld();
    const { rope } = world;
    placeHold(rope, { kind: SUBJECT.asset, subject: cny.assetId, forMs: 5_000n });
    rope.at(rope.timeMs + 5_000n);
    const sent = draft(world);
    world.relay(world.a, sent);
    expect(world.transfer(sent).state).toBe(forwarded);
  });

  it("takes a voucher strand's outstanding into `held`", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    world.relay(a, draft(world));
    world.answer(b);
    placeHold(rope, { kind: SUBJECT.asset, subject: cny.assetId });
    world.relay(b, b.send({ ...draftOf(world), amount: 200n, finalGateway: a.gateway }));
    expect(world.books(cny)).toEqual({
      escrow: 500n,
      outstandingTotal: 300n,
      inFlight: 0n,
      held: 200n,
    });
  });
});

describe("a queued transfer", () => {
  it("is FORWARDED when its hold is lifted, in the same block", () => {
    const { world, sent, holdId } = heldWorld();
    const { rope, b } = world;
    liftHold(rope, holdId, 1);
    expect(world.transfer(sent)).toMatchObject({
      state: forwarded,
      leg2Sequence: 1n,
      forwardedHeight: rope.height,
    });
    expect(world.books(cny)).toEqual(IN_FLIGHT);
    expect(isQueued(world)).toBe(false);
    expect(rope.records("transfers/lifted/")).toEqual([]);
    expect(rope.records("transfers/held/")).toEqual([]);
    world.answer(b);
    expect(world.transfer(sent).state).toBe(settled);
  });

  it("keeps its timeout if there is time enough", () => {
    const { world, holdId } = heldWorld();
    liftHold(world.rope, holdId, 1);
    expect(world.fetch(world.b).packets[0]?.packet.timeoutMs).toBe(LATER_MS);
  });

  it("gets the shortest leg if its time ran out meanwhile", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const holdId = placeHold(rope, { kind: SUBJECT.account, subject: sender });
    const finalTimeoutMs = rope.timeMs + 10_000n;
    world.relay(a, draft(world, { finalTimeoutMs }));
    rope.at(rope.timeMs + 60_000n);
    liftHold(rope, holdId, 1);
    const [leg2] = world.fetch(b).packets;
    expect(leg2?.packet.timeoutMs).toBe(rope.timeMs + PARAMETERS.minLegMs);
  });

  it("is RETURNED when it is denied", () => {
    const { world, sent, holdId } = heldWorld();
    const { rope, a, b } = world;
    liftHold(rope, holdId, 2);
    const failure = failureCode("refused-by-supervision");
    expect(world.transfer(sent)).toMatchObject({ state: returned, failure, leg2Sequence: 0n });
    expect(world.books(cny)).toEqual(NO_BOOKS);
    expect(world.position(cny, a.gateway)).toMatchObject({ received: 500n, refundAcked: 500n });
    expect(world.answersTo(sent)).toMatchObject([
      { status: ACK_STATUS.failed, code: failure, payee: ZERO_32 },
    ]);
    expect(world.fetch(b).packets).toEqual([]);
    expect(isQueued(world)).toBe(false);
  });

  it("waits until the very millisecond at which its hold ends", () => {
    const { world, sent } = heldWorld({ forMs: 5_000n });
    const { rope } = world;
    const { releaseAtMs } = world.transfer(sent);
    rope.at(releaseAtMs - 1n);
    expect(world.transfer(sent).state).toBe(queued);
    rope.at(releaseAtMs);
    expect(world.transfer(sent).state).toBe(forwarded);
    expect(world.books(cny)).toEqual(IN_FLIGHT);
    expect(isQueued(world)).toBe(false);
  });

  it("is RETURNED at the end of a hold whose default is that", () => {
    const { world, sent } = heldWorld({ forMs: 5_000n, onExpiry: HOLD_DEFAULT.return });
    world.rope.at(world.transfer(sent).releaseAtMs);
    const failure = failureCode("refused-by-supervision");
    expect(world.transfer(sent)).toMatchObject({ state: returned, failure });
    expect(world.books(cny)).toEqual(NO_BOOKS);
    expect(isQueued(world)).toBe(false);
  });

  it("waits on for another hold that stands at its release", () => {
    const { world, sent, holdId } = heldWorld();
    const { rope } = world;
    const other = placeHold(rope, { kind: SUBJECT.asset, subject: cny.assetId });
    liftHold(rope, holdId, 1);
    expect(world.transfer(sent)).toMatchObject({ state: queued, holdId: other, queueReason: 1 });
    expect(world.books(cny)).toEqual(HELD);
    expect(rope.records("transfers/release-queue/").length).toBe(1);
    expect(rope.records("transfers/held/").length).toBe(1);
    liftHold(rope, other, 1);
    expect(world.transfer(sent).state).toBe(forwarded);
  });

  it("waits on for another hold when the first one ends by itself", () => {
    const { world, sent } = heldWorld({ forMs: 5_000n });
    const { rope } = world;
    const other = placeHold(rope, {
      kind: SUBJECT.account,
      subject: finalRecipient,
      onExpiry: HOLD_DEFAULT.return,
    });
    rope.at(world.transfer(sent).releaseAtMs);
    expect(world.transfer(sent)).toMatchObject({ state: queued, holdId: other });
    rope.at(world.transfer(sent).releaseAtMs);
    expect(world.transfer(sent).state).toBe(returned);
  });

  it("is RETURNED at its release if its destination has closed meanwhile", () => {
    const { world, sent, holdId } = heldWorld();
    const { rope, b } = world;
    rope.do(plan(officer.admission, "chains/suspend", { gateway: b.gateway, reason: 1 }));
    liftHold(rope, holdId, 1);
    const failure = failureCode("unknown-gateway");
    expect(world.transfer(sent)).toMatchObject({ state: returned, failure });
    expect(world.books(cny)).toEqual(NO_BOOKS);
  });

  it("can be held itself, and its own hold outlives the one that queued it", () => {
    const { world, sent, holdId } = heldWorld();
    const own = placeHold(world.rope, { kind: SUBJECT.transfer, subject: sent.transferId });
    liftHold(world.rope, holdId, 1);
    expect(world.transfer(sent)).toMatchObject({ state: queued, holdId: own });
  });
});

it("one hold keeps many, and lifting it frees them all", () => {
  const world = createWorld();
  const { rope, a } = world;
  const holdId = placeHold(rope, { kind: SUBJECT.account, subject: sender });
  const sents = Array.from({ length: 20 }, () => draft(world, { amount: 1n }));
  world.relay(a, ...sents);
  expect(world.books(cny)).toMatchObject({ held: 20n });
  liftHold(rope, holdId, 1);
  expect(sents.map((sent) => world.transfer(sent).state)).toEqual(sents.map(() => forwarded));
  expect(world.books(cny)).toMatchObject({ held: 0n, inFlight: 20n });
});

describe("too late to hold", () => {
  const hold = (subject: Uint8Array, world: World) =>
    plan(officer.supervision, "supervision/place-hold", {
      ...{ subjectKind: SUBJECT.transfer, subject, reason: 1, legalBasis: "x" },
      ...{ holdUntilMs: world.rope.timeMs + HOUR_MS, onExpiry: HOLD_DEFAULT.forward },
    });

  it("is a transfer that was forwarded, settled or returned", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const sent = draft(world);
    world.relay(a, sent);
    expectRefused(rope, "hold/too-late", hold(sent.transferId, world));
    world.answer(b);
    expectRefused(rope, "hold/too-late", hold(sent.transferId, world));
    const other = a.lie({ ...draftOf(world), finalGateway: seed("nowhere") });
    world.relay(a, other);
    expectRefused(rope, "hold/too-late", hold(other.transferId, world));
  });

  it("is an acknowledgement: it ends the transfer although everything is on hold", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const sent = draft(world);
    world.relay(a, sent);
    const everything = [
      [SUBJECT.account, sender],
      [SUBJECT.asset, cny.assetId],
      [SUBJECT.gateway, a.gateway],
      [SUBJECT.gateway, b.gateway],
    ] as const;
    for (const [kind, subject] of everything) placeHold(rope, { kind, subject });
    world.answer(b);
    expect(world.transfer(sent).state).toBe(settled);
  });
});
