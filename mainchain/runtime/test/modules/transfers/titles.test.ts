import {
  ACK_STATUS,
  failureCode,
  stateKey,
  type TitleRecord,
  TRANSFER_STATE,
  titleRecordCodec,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { alice, bob, LATER_MS, ROPE } from "../../kit/genesis.ts";
import { placeHold, SUBJECT } from "../../kit/holds.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan } from "../../kit/rope-bench.ts";
import type { Sent, StrandBench } from "../../kit/strand-bench.ts";
import { createWorld, deed, type World } from "../../kit/world.ts";

const { assetId } = deed;
const tokenId = seed("the deed");
const NOBODY = new Uint8Array(20);
const { quarantined, forwarded, queued, settled, returned } = TRANSFER_STATE;

function send(from: StrandBench, to: Uint8Array, finalRecipient = bob.b32, token = tokenId): Sent {
  return from.send({ assetId, tokenId: token, amount: 1n, finalGateway: to, finalRecipient });
}

function lie(from: StrandBench, to: Uint8Array): Sent {
  return from.lie({ assetId, tokenId, amount: 1n, finalGateway: to, finalRecipient: bob.b32 });
}

function title({ rope }: World): TitleRecord {
  return rope.must(stateKey.title(assetId, tokenId), titleRecordCodec);
}

const bySender = (from: typeof alice, to: Uint8Array): Plan =>
  plan(from, "transfers/send-asset", {
    ...{ assetId, tokenId, amount: 1n, finalGateway: to, finalRecipient: seed("recipient") },
    finalTimeoutMs: LATER_MS,
    ...{ finalGasLimit: 0, obligationId: ZERO_32, memo: new Uint8Array(0) },
  });

/** The title in an account of the rope. */
function onRope(holder = alice): World {
  const world = createWorld();
  world.relay(world.a, send(world.a, ROPE, holder.b32));
  return world;
}

describe("a title", () => {
  it("is nowhere while it is under way, and then where it was sent", () => {
    const world = createWorld();
    const { a, b, c } = world;
    world.relay(a, send(a, b.gateway));
    expect(title(world).location).toEqual(ZERO_32);
    world.answer(b);
    expect(title(world)).toMatchObject({ location: b.gateway, holder: NOBODY });
    expect(world.books(deed)).toMatchObject({ escrow: 1n, outstandingTotal: 1n });
    world.relay(b, send(b, c.gateway));
    expect(title(world).location).toEqual(ZERO_32);
    world.answer(c);
    expect(title(world).location).toEqual(c.gateway);
    world.relay(c, send(c, a.gateway));
    world.answer(a);
    expect(title(world).location).toEqual(a.gateway);
    expect(world.books(deed)).toMatchObject({ escrow: 0n, outstandingTotal: 0n });
  });

  it("is nowhere while it is held", () => {
    const world = createWorld();
    placeHold(world.rope, { kind: SUBJECT.asset, subject: assetId });
    const sent = send(world.a, world.b.gateway);
    world.relay(world.a, sent);
    expect(world.transfer(sent).state).toBe(queued);
    expect(title(world).location).toEqual(ZERO_32);
  });

  it("goes back where it was when B does not deliver it", () => {
    const world = createWorld();
    const { a, b, c } = world;
    world.relay(a, send(a, b.gateway));
    world.answer(b);
    const sent = send(b, c.gateway);
    world.relay(b, sent);
    world.answer(c, { status: ACK_STATUS.failed, code: failureCode("receiver-reverted") });
    expect(world.transfer(sent).state).toBe(returned);
    expect(title(world).location).toEqual(b.gateway);
    expect(world.outstanding(deed, b.gateway)).toBe(1n);
  });

  it("has a holder when it ends on the rope, and none elsewhere", () => {
    const world = onRope();
    expect(title(world)).toMatchObject({ location: ROPE, holder: alice.address });
    world.rope.do(bySender(alice, world.b.gateway));
    expect(title(world)).toMatchObject({ location: ZERO_32, holder: NOBODY });
    world.answer(world.b);
    expect(title(world)).toMatchObject({ location: world.b.gateway, holder: NOBODY });
  });

  it("is its sender's again when B does not deliver what left the rope", () => {
    const world = onRope();
    world.rope.do(bySender(alice, world.b.gateway));
    world.answer(world.b, { status: ACK_STATUS.expired, code: failureCode("expired") });
    expect(title(world)).toMatchObject({ location: ROPE, holder: alice.address });
    world.rope.do(bySender(alice, world.a.gateway));
    world.answer(world.a);
    expect(title(world).location).toEqual(world.a.gateway);
  });

  it("travels beside others of its kind", () => {
    const world = createWorld();
    const { a, b, c } = world;
    const other = seed("another deed");
    world.relay(a, send(a, b.gateway), send(a, c.gateway, bob.b32, other));
    world.answer(b);
    world.answer(c);
    expect(title(world).location).toEqual(b.gateway);
    const record = world.rope.must(stateKey.title(assetId, other), titleRecordCodec);
    expect(record.location).toEqual(c.gateway);
    expect(world.books(deed)).toMatchObject({ escrow: 2n, outstandingTotal: 2n });
  });
});

describe("a title that is elsewhere", () => {
  it("is quarantined when its origin sends it a second time", () => {
    const world = createWorld();
    const { a, b, c } = world;
    world.relay(a, send(a, b.gateway));
    world.answer(b);
    const again = lie(a, c.gateway);
    world.relay(a, again);
    expect(world.transfer(again).state).toBe(quarantined);
    expect(world.position(deed, a.gateway).flags).toBe(1);
    expect(title(world).location).toEqual(b.gateway);
    expect(world.books(deed)).toMatchObject({ escrow: 1n, outstandingTotal: 1n });
  });

  it("is quarantined when it is sent while it is under way", () => {
    const world = createWorld();
    const { a, b, c } = world;
    const first = send(a, b.gateway);
    const again = lie(a, c.gateway);
    world.relay(a, first, again);
    expect(world.transfer(first).state).toBe(forwarded);
    expect(world.transfer(again).state).toBe(quarantined);
    world.answer(b);
    expect(world.transfer(first).state).toBe(settled);
  });

  it("is quarantined when a strand sends it that holds another of its kind", () => {
    const world = createWorld();
    const { a, b, c } = world;
    world.relay(a, send(a, b.gateway), send(a, c.gateway, bob.b32, seed("another deed")));
    world.answer(b);
    world.answer(c);
    const stolen = lie(c, a.gateway);
    world.relay(c, stolen);
    expect(world.transfer(stolen).state).toBe(quarantined);
    expect(title(world).location).toEqual(b.gateway);
  });
});

describe("a title on the rope", () => {
  it("is sent by its holder alone", () => {
    const world = onRope();
    expectRefused(world.rope, "asset/not-holder", bySender(bob, world.b.gateway));
  });

  it("is not sent from the rope when it is elsewhere", () => {
    const world = createWorld();
    world.relay(world.a, send(world.a, world.b.gateway));
    expectRefused(world.rope, "transfers/refused", bySender(alice, world.c.gateway));
    world.relay(world.a, send(world.a, ROPE, alice.b32, seed("another deed")));
    expectRefused(world.rope, "transfers/refused", bySender(alice, world.c.gateway));
  });

  it("changes hands on the rope, and then only the new holder sends it", () => {
    const world = onRope();
    const { rope, b } = world;
    const body = { assetId, tokenId, amount: 1n, to: bob.address };
    rope.do(plan(alice, "asset/transfer", body));
    expect(title(world)).toMatchObject({ location: ROPE, holder: bob.address });
    expectRefused(rope, "asset/not-holder", bySender(alice, b.gateway));
    rope.do(bySender(bob, b.gateway));
    expectRefused(rope, "asset/not-located-here", plan(bob, "asset/transfer", body));
  });
});
