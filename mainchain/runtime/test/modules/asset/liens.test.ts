import {
  ACK_STATUS,
  failureCode,
  type Lien,
  lienSlot,
  lienValue,
  type ObserveLien,
  type PledgeAsset,
  type ReleasePledge,
  stateKey,
  type TitleRecord,
  titleRecordCodec,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { alice, bob, LATER_MS, ROPE, relayer } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan } from "../../kit/rope-bench.ts";
import type { StrandBench } from "../../kit/strand-bench.ts";
import { cny, createWorld, deed, type World } from "../../kit/world.ts";

const { assetId } = deed;
const tokenId = seed("the deed");
const LIEN: Lien = { lienHolder: seed("bank"), amount: 9_000n, agreement: seed("agreement") };
const FREE: Lien = { lienHolder: ZERO_32, amount: 0n, agreement: ZERO_32 };

function send(from: StrandBench, to: Uint8Array) {
  const route = { tokenId, amount: 1n, finalGateway: to, finalRecipient: alice.b32 };
  return from.send({ assetId, ...route });
}

function observation(
  strand: StrandBench,
  lien: Lien,
  height = strand.state.height,
  change: Partial<ObserveLien> = {},
): Plan {
  return plan(relayer, "asset/observe-lien", {
    ...{ anchor: strand.state.anchor(height), assetId, tokenId, ...lien },
    proof: strand.state.prove(lienSlot(assetId, tokenId), height),
    ...change,
  });
}

function setLien(strand: StrandBench, lien: Lien): void {
  strand.state.set(lienSlot(assetId, tokenId), lienValue(lien));
}

function title({ rope }: World): TitleRecord {
  return rope.must(stateKey.title(assetId, tokenId), titleRecordCodec);
}

const pledge = (from = alice, change: Partial<PledgeAsset> = {}): Plan =>
  plan(from, "asset/pledge", {
    ...{ assetId, tokenId, creditor: bob.address, amount: 100n, agreement: seed("pledge") },
    ...change,
  });

/** The title in Alice's account on the rope. */
function onRope(): World {
  const world = createWorld();
  world.relay(world.a, send(world.a, ROPE));
  return world;
}

describe("observe-lien", () => {
  it("puts on record what the title's gateway proves of it", () => {
    const world = createWorld();
    const { rope, a } = world;
    setLien(a, LIEN);
    rope.do(world.update(a), observation(a, LIEN));
    expect(title(world)).toMatchObject({
      ...{ location: a.gateway, lienHolder: LIEN.lienHolder, lienAmount: LIEN.amount },
      ...{ lienAgreement: LIEN.agreement, lienGateway: a.gateway, lienHeight: a.state.height },
    });
  });

  it("proves as well that the lien is gone", () => {
    const world = createWorld();
    const { rope, a } = world;
    setLien(a, LIEN);
    rope.do(world.update(a), observation(a, LIEN));
    setLien(a, FREE);
    rope.do(world.update(a), observation(a, FREE));
    expect(title(world)).toMatchObject({ lienHolder: ZERO_32, lienAmount: 0n });
  });

  it.each([
    ["another holder", { lienHolder: seed("another bank") }],
    ["another amount", { amount: 1n }],
    ["another agreement", { agreement: seed("another agreement") }],
    ["none", FREE],
  ])("refuses %s than the proof shows: asset/lien-not-proven", (_, change) => {
    const world = createWorld();
    const { rope, a } = world;
    setLien(a, LIEN);
    rope.do(world.update(a));
    expectRefused(rope, "asset/lien-not-proven", observation(a, { ...LIEN, ...change }));
  });

  it("refuses a lien that is not there", () => {
    const world = createWorld();
    const { rope, a } = world;
    rope.do(world.update(a));
    expectRefused(rope, "asset/lien-not-proven", observation(a, LIEN));
  });

  it("refuses an older height, and takes the same one again: asset/older-than-known", () => {
    const world = createWorld();
    const { rope, a } = world;
    rope.do(world.update(a));
    const { height } = a.state;
    setLien(a, LIEN);
    rope.do(world.update(a), observation(a, LIEN));
    const known = title(world);
    rope.do(observation(a, LIEN));
    expect(title(world)).toEqual(known);
    expectRefused(rope, "asset/older-than-known", observation(a, FREE, height));
  });

  it("refuses a strand at which the title is not: asset/not-located-here", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    setLien(b, LIEN);
    rope.do(world.update(b));
    expectRefused(rope, "asset/not-located-here", observation(b, LIEN));
    world.relay(a, send(a, b.gateway));
    expectRefused(rope, "asset/not-located-here", observation(b, LIEN));
  });

  it("refuses a proof of an earlier stay", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    setLien(a, LIEN);
    rope.do(world.update(a));
    const { height } = a.state;
    setLien(a, FREE);
    world.relay(a, send(a, b.gateway));
    world.answer(b);
    world.relay(b, send(b, a.gateway));
    world.answer(a);
    expect(title(world).location).toEqual(a.gateway);
    expectRefused(rope, "asset/older-than-known", observation(a, LIEN, height));
    rope.do(world.update(a), observation(a, FREE));
    expect(title(world).lienHeight).toBe(a.state.height);
  });

  it("refuses a proof from before the title is back after a failed delivery", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    setLien(a, LIEN);
    world.relay(a, send(a, b.gateway));
    world.answer(b, { status: ACK_STATUS.failed, code: failureCode("paused") });
    expect(title(world).location).toEqual(a.gateway);
    expectRefused(rope, "asset/older-than-known", observation(a, LIEN));
    world.answer(a);
    setLien(a, FREE);
    rope.do(world.update(a), observation(a, FREE));
    expect(title(world).lienHeight).toBe(a.state.height);
  });

  it("refuses what no title is, and what nobody registered", () => {
    const world = createWorld();
    const { rope, a } = world;
    rope.do(world.update(a));
    const fungible = { assetId: cny.assetId };
    expectRefused(rope, "asset/not-unique", observation(a, LIEN, undefined, fungible));
    const unknown = { assetId: seed("unheard of") };
    expectRefused(rope, "asset/unknown", observation(a, LIEN, undefined, unknown));
  });

  it("forgets a lien when the title leaves: its new place says what holds there", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    setLien(a, LIEN);
    rope.do(world.update(a), observation(a, LIEN));
    world.relay(a, send(a, b.gateway));
    world.answer(b);
    expect(title(world)).toMatchObject({
      ...{ location: b.gateway, lienHolder: ZERO_32, lienAmount: 0n, lienGateway: b.gateway },
    });
  });
});

describe("pledge", () => {
  it("encumbers a title on the rope once, and refuses the second debt: asset/encumbered", () => {
    const world = onRope();
    const { rope } = world;
    rope.do(pledge());
    expect(title(world)).toMatchObject({
      ...{ lienHolder: bob.b32, lienAmount: 100n, lienAgreement: seed("pledge") },
      lienGateway: ROPE,
    });
    expectRefused(rope, "asset/encumbered", pledge());
  });

  it("refuses a title on whose strand a lien was proven: asset/encumbered", () => {
    const world = createWorld();
    const { rope, a } = world;
    setLien(a, LIEN);
    rope.do(world.update(a), observation(a, LIEN));
    expectRefused(rope, "asset/encumbered", pledge());
  });

  it("keeps the title where it is: neither given nor sent away", () => {
    const world = onRope();
    const { rope, b } = world;
    rope.do(pledge());
    const give = { assetId, tokenId, amount: 1n, to: bob.address };
    expectRefused(rope, "asset/encumbered", plan(alice, "asset/transfer", give));
    const leave = plan(alice, "transfers/send-asset", {
      ...{ assetId, tokenId, amount: 1n, finalGateway: b.gateway, finalRecipient: seed("x") },
      ...{ finalTimeoutMs: LATER_MS, finalGasLimit: 0, obligationId: ZERO_32 },
      memo: new Uint8Array(0),
    });
    expectRefused(rope, "asset/encumbered", leave);
  });

  it.each([
    ["by another account", bob, {}, "asset/not-holder"],
    ["for nothing", alice, { amount: 0n }, "asset/zero-amount"],
    ["to nobody", alice, { creditor: new Uint8Array(20) }, "asset/bad-field"],
    ["of a fungible asset", alice, { assetId: cny.assetId }, "asset/not-unique"],
    ["of a title that is elsewhere", alice, { tokenId: seed("else") }, "asset/not-located-here"],
  ])("refuses a pledge %s", (_, from, change, code) => {
    const world = onRope();
    expectRefused(world.rope, code, pledge(from, change));
  });
});

describe("the release of a pledge", () => {
  const release = (from = bob, change: Partial<ReleasePledge> = {}): Plan =>
    plan(from, "asset/release-pledge", { assetId, tokenId, ...change });

  it("is its creditor's, and the title is as free as it was", () => {
    const world = onRope();
    const { rope } = world;
    const before = title(world);
    rope.do(pledge());
    expectRefused(rope, "asset/not-creditor", release(alice));
    rope.do(release());
    expect({ ...title(world), lienHeight: 0n }).toEqual({ ...before, lienHeight: 0n });
    expectRefused(rope, "asset/not-pledged-here", release());
    rope.do(plan(alice, "asset/transfer", { assetId, tokenId, amount: 1n, to: bob.address }));
  });

  it("is not of a lien that a strand holds: asset/not-pledged-here", () => {
    const world = createWorld();
    const { rope, a } = world;
    const lien = { ...LIEN, lienHolder: bob.b32 };
    setLien(a, lien);
    rope.do(world.update(a), observation(a, lien));
    expectRefused(rope, "asset/not-pledged-here", release());
  });

  it.each([
    ["of an asset that nobody registered", { assetId: seed("unheard of") }, "asset/unknown"],
    ["of a fungible asset", { assetId: cny.assetId }, "asset/not-unique"],
    ["of a title that is free", { tokenId: seed("else") }, "asset/not-pledged-here"],
  ])("%s: %s", (_, change, code) => {
    expectRefused(onRope().rope, code, release(bob, change));
  });
});
