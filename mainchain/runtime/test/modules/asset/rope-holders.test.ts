import {
  HOLD_DEFAULT,
  type IssueAsset,
  stateKey,
  TRANSFER_STATE,
  titleRecordCodec,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { alice, bob, LATER_MS, officer, ROPE } from "../../kit/genesis.ts";
import { placeHold, SUBJECT } from "../../kit/holds.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan, type RopeBench } from "../../kit/rope-bench.ts";
import { cny, createWorld, deed, gold, type World } from "../../kit/world.ts";

const MAX_U128 = (1n << 128n) - 1n;
const tokenId = seed("token");

const issue = (change: Partial<IssueAsset> = {}, from = officer.standards): Plan =>
  plan(from, "asset/issue", {
    ...{ assetId: gold.assetId, tokenId: ZERO_32, amount: 1_000n, to: alice.address },
    ...change,
  });

const give = (change: Partial<IssueAsset> = {}, from = alice): Plan =>
  plan(from, "asset/transfer", {
    ...{ assetId: gold.assetId, tokenId: ZERO_32, amount: 400n, to: bob.address },
    ...change,
  });

/** A title whose origin is the rope; its asset id. */
function registerTitle(rope: RopeBench): Uint8Array {
  rope.do(
    plan(officer.standards, "asset/register", {
      ...{ originGateway: ROPE, assetClass: 2, nativeId: seed("rope titles"), decimals: 0 },
      ...{ name: "仓单（虚构）", symbol: "WR", classification: 1, attributesHash: ZERO_32 },
    }),
  );
  return rope.records("asset/by-index/").at(-1)?.[1] ?? ZERO_32;
}

describe("asset/issue", () => {
  it("credits new units of the rope's own asset; books of the bridge stay as they are", () => {
    const world = createWorld();
    world.rope.do(issue(), issue({ amount: 5n, to: bob.address }));
    expect(world.holding(gold, alice)).toBe(1_000n);
    expect(world.holding(gold, bob)).toBe(5n);
    expect(world.books(gold)).toMatchObject({ escrow: 0n, outstandingTotal: 0n });
  });

  it("makes a title once", () => {
    const world = createWorld();
    const { rope } = world;
    const assetId = registerTitle(rope);
    const title = { assetId, tokenId, amount: 1n };
    rope.do(issue(title));
    expect(rope.must(stateKey.title(assetId, tokenId), titleRecordCodec)).toMatchObject({
      ...{ location: ROPE, holder: alice.address },
    });
    expectRefused(rope, "asset/title-exists", issue(title));
    rope.do(issue({ ...title, tokenId: seed("another token") }));
    expect(world.holding({ assetId }, alice)).toBe(2n);
  });

  const bad: readonly (readonly [string, string, Partial<IssueAsset>])[] = [
    ["nothing", "asset/zero-amount", { amount: 0n }],
    ["to nobody", "asset/bad-field", { to: new Uint8Array(20) }],
    ["with a token, of a fungible asset", "asset/bad-field", { tokenId }],
    ["of a strand's asset", "asset/not-of-the-rope", { assetId: cny.assetId }],
    ["of an unknown asset", "asset/unknown", { assetId: seed("unheard of") }],
  ];

  it.each(bad)("refuses to issue %s: %s", (_, code, change) => {
    expectRefused(createWorld().rope, code, issue(change));
  });

  it("is for the registrant of the asset", () => {
    expectRefused(createWorld().rope, "asset/not-registrant", issue({}, alice));
  });

  it("refuses two of one title, and a title without its token", () => {
    const { rope } = createWorld();
    const assetId = registerTitle(rope);
    expectRefused(rope, "asset/bad-field", issue({ assetId, tokenId, amount: 2n }));
    expectRefused(rope, "asset/bad-field", issue({ assetId, amount: 1n }));
  });

  it("never issues more than amounts can count, whoever holds it", () => {
    const world = createWorld();
    const { rope } = world;
    rope.do(issue({ amount: MAX_U128 - 10n }), issue({ amount: 10n, to: bob.address }));
    expectRefused(rope, "asset/overflow", issue({ amount: 1n }));
    expectRefused(rope, "asset/overflow", issue({ amount: 1n, to: officer.standards.address }));
    rope.do(give({ amount: MAX_U128 - 10n }));
    expect(world.holding(gold, bob)).toBe(MAX_U128);
  });
});

/** A balance that cannot take back what left it would stop a block, or an acknowledgement, for ever. */
describe("what comes back finds room", () => {
  function sendAway({ a }: World): Plan {
    return plan(alice, "transfers/send-asset", {
      ...{ assetId: gold.assetId, tokenId: ZERO_32, amount: 100n, finalGateway: a.gateway },
      ...{ finalRecipient: seed("recipient"), finalTimeoutMs: LATER_MS, finalGasLimit: 0 },
      ...{ obligationId: ZERO_32, memo: new Uint8Array(0) },
    });
  }

  it("at the end of a hold, although as much as possible was issued meanwhile", () => {
    const world = createWorld();
    const { rope } = world;
    rope.do(issue({ amount: 100n }));
    const subject = gold.assetId;
    const onExpiry = HOLD_DEFAULT.return;
    placeHold(rope, { kind: SUBJECT.asset, subject, forMs: 10_000n, onExpiry });
    rope.do(sendAway(world));
    expectRefused(rope, "asset/overflow", issue({ amount: MAX_U128 }));
    rope.do(issue({ amount: MAX_U128 - 100n }));
    rope.at(world.newest().releaseAtMs);
    expect(world.newest().state).toBe(TRANSFER_STATE.returned);
    expect(world.holding(gold, alice)).toBe(MAX_U128);
  });

  it("with the acknowledgement of a failed delivery", () => {
    const world = createWorld();
    const { rope, a } = world;
    rope.do(issue({ amount: 100n }));
    rope.do(sendAway(world));
    rope.do(issue({ amount: MAX_U128 - 100n }));
    world.answer(a, { status: 2, code: 6 });
    expect(world.newest().state).toBe(TRANSFER_STATE.returned);
    expect(world.holding(gold, alice)).toBe(MAX_U128);
  });
});

describe("asset/transfer", () => {
  it("moves between accounts of the rope, and leaves no empty record behind", () => {
    const world = createWorld();
    const { rope } = world;
    rope.do(issue());
    rope.do(give());
    expect([world.holding(gold, alice), world.holding(gold, bob)]).toEqual([600n, 400n]);
    rope.do(give({ amount: 600n }));
    expect(world.holding(gold, bob)).toBe(1_000n);
    expect(rope.value(stateKey.holding(gold.assetId, alice.address))).toBeUndefined();
  });

  it("to oneself changes nothing", () => {
    const world = createWorld();
    world.rope.do(issue());
    world.rope.do(give({ to: alice.address, amount: 1_000n }));
    expect(world.holding(gold, alice)).toBe(1_000n);
  });

  const bad: readonly (readonly [string, string, Partial<IssueAsset>])[] = [
    ["more than there is", "asset/insufficient", { amount: 1_001n }],
    ["nothing", "asset/zero-amount", { amount: 0n }],
    ["to nobody", "asset/bad-field", { to: new Uint8Array(20) }],
    ["with a token, of a fungible asset", "asset/bad-field", { tokenId }],
    [
      "a title that is not on the rope",
      "asset/not-located-here",
      {
        ...{ assetId: deed.assetId, tokenId, amount: 1n },
      },
    ],
    ["an unknown asset", "asset/unknown", { assetId: seed("unheard of") }],
  ];

  it.each(bad)("refuses %s: %s", (_, code, change) => {
    const { rope } = createWorld();
    rope.do(issue());
    expectRefused(rope, code, give(change));
  });
});
