import {
  accountToB32,
  CONTROL_SUBJECT,
  digest,
  equalBytes,
  HALT_STATE,
  type HaltRecord,
  haltRecordCodec,
  type OrderHalt,
  SUITE_SM,
  stateKey,
  TRANSFER_STATE,
  utf8ToBytes,
  validatorRecordCodec,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed, type TestAccount } from "../../kit/accounts.ts";
import { alice, officer, ROPE, validators } from "../../kit/genesis.ts";
import { endow } from "../../kit/governance-bench.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan, type RopeBench } from "../../kit/rope-bench.ts";
import { cny, createWorld, gold, type World } from "../../kit/world.ts";

const MINUTE_MS = 60_000n;
const { queued, forwarded, settled } = TRANSFER_STATE;
const grounds = { reason: 7, textHash: seed("reasons") };
const finalRecipient = seed("recipient");

type Office = keyof typeof officer;

const order = (
  rope: RopeBench,
  change: Partial<OrderHalt> = {},
  from = officer.supervision,
): Plan =>
  plan(from, "control/halt", {
    ...{ subjectKind: CONTROL_SUBJECT.asset, subject: cny.assetId, ...grounds },
    ...{ untilMs: rope.timeMs + 10n * MINUTE_MS, office: "supervision", ...change },
  });
const approve = (haltId: Uint8Array, office: Office): Plan =>
  plan(officer[office], "control/approve", { haltId, office });
const lift = (haltId: Uint8Array, office: Office): Plan =>
  plan(officer[office], "control/lift", { haltId, office, ...grounds });
const decide = (haltId: Uint8Array, office: Office, decision: 1 | 2): Plan =>
  plan(officer[office], "control/decide-appeal", { haltId, office, decision, ...grounds });

function newest(rope: RopeBench): HaltRecord {
  const [, bytes] = rope.records("control/by-index/").at(-1) ?? [];
  if (!bytes) throw new Error("nothing was ordered");
  return rope.must(stateKey.halt(bytes), haltRecordCodec);
}

/** Ordered by supervision and agreed to by the ledger centre. */
function halt(rope: RopeBench, change: Partial<OrderHalt> = {}): Uint8Array {
  rope.do(order(rope, change));
  const { haltId } = newest(rope);
  rope.do(approve(haltId, "ledger-center"));
  return haltId;
}

const send = ({ a, b }: World) =>
  a.send({ assetId: cny.assetId, amount: 100n, finalGateway: b.gateway, finalRecipient });

describe("an order", () => {
  it("halts nothing until another office agrees, and then at once", () => {
    const { rope } = createWorld();
    rope.do(order(rope));
    const { haltId, state, approvals, index } = newest(rope);
    expect({ state, index, offices: approvals.map(({ office }) => office) }).toEqual({
      ...{ state: HALT_STATE.ordered, index: 0n, offices: ["supervision"] },
    });
    rope.do(approve(haltId, "archive"));
    expect(newest(rope)).toMatchObject({ state: HALT_STATE.inForce, sinceHeight: rope.height });
  });

  it.each<readonly [string, (rope: RopeBench) => Plan, string]>([
    ["by nobody's office", (rope) => order(rope, {}, alice), "identity/not-in-office"],
    [
      "in another office's name",
      (rope) => order(rope, { office: "archive" }),
      "control/not-in-office",
    ],
    ["without a reason", (rope) => order(rope, { reason: 0 }), "control/bad-field"],
    ["that is over already", (rope) => order(rope, { untilMs: rope.timeMs }), "control/bad-field"],
    [
      "for longer than offices may",
      (rope) => order(rope, { untilMs: rope.timeMs + 8n * 86_400_000n }),
      "control/too-long",
    ],
    [
      "of an asset that is none",
      (rope) => order(rope, { subject: seed("x") }),
      "control/unknown-subject",
    ],
    [
      "of a node that is none",
      (rope) => order(rope, { subjectKind: 1 }),
      "control/unknown-subject",
    ],
    [
      "of a chain that is none",
      (rope) => order(rope, { subjectKind: 3 }),
      "control/unknown-subject",
    ],
    ["of data that are none", (rope) => order(rope, { subjectKind: 4 }), "control/unknown-subject"],
  ])("%s is refused", (_, refused, code) => {
    const { rope } = createWorld();
    expectRefused(rope, code, refused(rope));
  });

  it("counts each office once, and lapses when nobody agrees", () => {
    const { rope } = createWorld();
    rope.do(order(rope));
    const { haltId } = newest(rope);
    expectRefused(rope, "control/office-has-spoken", approve(haltId, "supervision"));
    expectRefused(rope, "control/already-halted", order(rope));
    expectRefused(rope, "control/unknown-halt", approve(seed("none"), "archive"));
    rope.at(rope.timeMs + 11n * MINUTE_MS);
    expectRefused(rope, "control/order-lapsed", approve(haltId, "archive"));
  });
});

describe("a halted asset", () => {
  it("is told to its strands; its transfers wait with the halt's name, and go on when it is lifted", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const under = send(world);
    world.relay(a, under);
    const haltId = halt(rope);
    const freezes = [a, b].map((strand) => world.fetch(strand).packets.at(-1)?.packet.kind);
    expect(freezes).toEqual([3, 3]);
    const waits = send(world);
    world.relay(a, waits);
    expect(world.transfer(waits)).toMatchObject({ state: queued, queueReason: 4, holdId: haltId });
    rope.do(lift(haltId, "supervision"));
    expect(newest(rope).state).toBe(HALT_STATE.inForce);
    expectRefused(rope, "control/office-has-spoken", lift(haltId, "supervision"));
    rope.do(lift(haltId, "contracts"));
    expect(newest(rope)).toMatchObject({ state: HALT_STATE.lifted, endedAtMs: rope.timeMs });
    rope.do();
    expect(world.transfer(waits).state).toBe(forwarded);
    expectRefused(rope, "control/not-in-force", lift(haltId, "archive"));
  });

  it("does not stop what ends a transfer: its receipt is heard and settles it", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const under = send(world);
    world.relay(a, under);
    const receipts = world.take(b);
    halt(rope);
    rope.do(...world.acknowledge(b, ...receipts));
    expect(world.transfer(under).state).toBe(settled);
  });

  it("goes on by itself when the time is over", () => {
    const world = createWorld();
    const { rope, a } = world;
    halt(rope);
    const waits = send(world);
    world.relay(a, waits);
    rope.at(newest(rope).untilMs);
    rope.do();
    expect(world.transfer(waits).state).toBe(forwarded);
    rope.do(order(rope));
  });

  it("neither issued, given, pledged nor sent from the rope: control/halted", () => {
    const { rope } = createWorld();
    const { assetId } = gold;
    const issue = plan(officer.standards, "asset/issue", {
      ...{ assetId, tokenId: new Uint8Array(32), amount: 5n, to: alice.address },
    });
    rope.do(issue);
    halt(rope, { subject: assetId });
    const units = { assetId, tokenId: new Uint8Array(32), amount: 1n };
    expectRefused(rope, "control/halted", issue);
    expectRefused(
      rope,
      "control/halted",
      plan(alice, "asset/transfer", { ...units, to: officer.archive.address }),
    );
    expectRefused(
      rope,
      "control/halted",
      plan(alice, "transfers/send-asset", {
        ...{ ...units, finalGateway: ROPE, finalRecipient, finalTimeoutMs: rope.timeMs },
        ...{ finalGasLimit: 0, obligationId: new Uint8Array(32), memo: new Uint8Array(0) },
      }),
    );
  });
});

it("a halted strand neither sends nor is sent anything: it waits", () => {
  const world = createWorld();
  const { rope, a, b } = world;
  halt(rope, { subjectKind: CONTROL_SUBJECT.strand, subject: b.gateway });
  const waits = send(world);
  world.relay(a, waits);
  expect(world.transfer(waits)).toMatchObject({ state: queued, queueReason: 4 });
});

describe("a halted node", () => {
  const [node, second] = validators as [(typeof validators)[number], (typeof validators)[number]];
  const subjectOf = ({ consensus }: { readonly consensus: TestAccount }) =>
    accountToB32(consensus.address);
  const jailedUntil = (rope: RopeBench): bigint =>
    rope.must(stateKey.validator(node.consensus.address), validatorRecordCodec).jailedUntilMs;

  it("leaves the set and stays out until then, or until it is lifted", () => {
    const rope = endow(createWorld().rope);
    const subject = subjectOf(node);
    const haltId = halt(rope, { subjectKind: CONTROL_SUBJECT.node, subject });
    expect(jailedUntil(rope)).toBe(newest(rope).untilMs);
    expectRefused(rope, "control/halted", plan(node.consensus, "staking/unjail", {}));
    rope.do(lift(haltId, "archive"), lift(haltId, "standards"));
    expect(jailedUntil(rope)).toBe(rope.timeMs);
  });

  it("is not joined by so many that the chain would stop: control/too-much-power", () => {
    const rope = endow(createWorld().rope);
    halt(rope, { subjectKind: CONTROL_SUBJECT.node, subject: subjectOf(node) });
    rope.do(order(rope, { subjectKind: CONTROL_SUBJECT.node, subject: subjectOf(second) }));
    expectRefused(rope, "control/too-much-power", approve(newest(rope).haltId, "archive"));
  });

  it("may appeal, and those judge who had no part in it", () => {
    const rope = endow(createWorld().rope);
    const haltId = halt(rope, { subjectKind: CONTROL_SUBJECT.node, subject: subjectOf(node) });
    const appeal = (from: TestAccount): Plan =>
      plan(from, "control/appeal", { haltId, textHash: seed("appeal") });
    expectRefused(rope, "control/no-appeal", decide(haltId, "archive", 2));
    expectRefused(rope, "control/not-concerned", appeal(second.consensus));
    rope.do(appeal(node.consensus));
    expectRefused(rope, "control/appealed", appeal(node.consensus));
    expectRefused(rope, "control/office-has-spoken", decide(haltId, "supervision", 1));
    expectRefused(rope, "control/office-has-spoken", decide(haltId, "ledger-center", 1));
    rope.do(decide(haltId, "archive", 2));
    expect(newest(rope)).toMatchObject({ state: HALT_STATE.lifted, appeal: { decision: 2 } });
    expect(jailedUntil(rope)).toBe(rope.timeMs);
  });

  it("whose appeal is dismissed stays halted", () => {
    const rope = endow(createWorld().rope);
    const haltId = halt(rope, { subjectKind: CONTROL_SUBJECT.node, subject: subjectOf(node) });
    rope.do(plan(node.consensus, "control/appeal", { haltId, textHash: seed("appeal") }));
    rope.do(decide(haltId, "archive", 1));
    expect(newest(rope)).toMatchObject({ state: HALT_STATE.inForce, appeal: { decision: 1 } });
    expectRefused(rope, "control/no-appeal", decide(haltId, "contracts", 2));
  });
});

it("every halt is in the index, in its order, with who ordered it and why", () => {
  const { rope } = createWorld();
  halt(rope);
  halt(rope, { subject: gold.assetId });
  const ids = rope.records("control/by-index/").map(([, id]) => id);
  const records = ids.map((id) => rope.must(stateKey.halt(id), haltRecordCodec));
  expect(records.map(({ index }) => index)).toEqual([0n, 1n]);
  for (const { orderedBy, reason, textHash, approvals } of records) {
    expect(equalBytes(orderedBy, officer.supervision.address)).toBe(true);
    expect({ reason, textHash }).toEqual(grounds);
    expect(approvals).toHaveLength(2);
  }
  expect(digest(SUITE_SM, "halt", utf8ToBytes("x"))).toHaveLength(32);
});
