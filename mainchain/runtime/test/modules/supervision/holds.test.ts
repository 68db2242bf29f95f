import {
  digest,
  HOLD_DEFAULT,
  type HoldRecord,
  holdRecordCodec,
  type PlaceHold,
  SUITE_SM,
  stateKey,
  TRANSFER_STATE,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { alice, HOUR_MS, officer, PARAMETERS } from "../../kit/genesis.ts";
import { liftHold, placeHold, SUBJECT } from "../../kit/holds.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan, RopeBench } from "../../kit/rope-bench.ts";
import { cny, createWorld } from "../../kit/world.ts";

const subject = seed("subject");
const STEP_MS = 1_000n;

function place(rope: RopeBench, change: Partial<PlaceHold> = {}, from = officer.supervision): Plan {
  return plan(from, "supervision/place-hold", {
    ...{ subjectKind: SUBJECT.account, subject, reason: 7, legalBasis: "第一条（虚构）" },
    ...{ holdUntilMs: rope.timeMs + HOUR_MS, onExpiry: HOLD_DEFAULT.forward },
    ...change,
  });
}

const lift = (holdId: Uint8Array, from = officer.supervision): Plan =>
  plan(from, "supervision/lift-hold", { holdId, decision: 1, reason: 8 });

describe("place-hold", () => {
  it("records who ordered what, why, until when, and what then", () => {
    const rope = RopeBench.create();
    const holdUntilMs = rope.timeMs + HOUR_MS;
    const { transactions } = rope.do(place(rope, { onExpiry: HOLD_DEFAULT.return }));
    const holdId = digest(SUITE_SM, "hold", transactions[0]?.id ?? seed(""));
    const expected: HoldRecord = {
      ...{ holdId, subjectKind: SUBJECT.account, subject, reason: 7, holdUntilMs },
      ...{ legalBasis: "第一条（虚构）", authority: officer.supervision.address },
      ...{ placedAtMs: rope.timeMs, onExpiry: HOLD_DEFAULT.return, lifted: false },
    };
    expect(rope.must(stateKey.hold(holdId), holdRecordCodec)).toEqual(expected);
  });

  it("takes the longest time that the chain allows, and not a millisecond more", () => {
    const rope = RopeBench.create();
    const limit = rope.timeMs + STEP_MS + PARAMETERS.maxHoldMs;
    expectRefused(rope.fork(), "hold/too-long", place(rope, { holdUntilMs: limit + 1n }));
    rope.do(place(rope, { holdUntilMs: limit }));
  });

  it("refuses a time that is not ahead", () => {
    const rope = RopeBench.create();
    const now = rope.timeMs + STEP_MS;
    expectRefused(rope.fork(), "hold/in-the-past", place(rope, { holdUntilMs: now }));
    rope.do(place(rope, { holdUntilMs: now + 1n }));
  });

  it("refuses an order without a legal basis, and one that is not supervision's", () => {
    const rope = RopeBench.create();
    expectRefused(rope, "hold/no-legal-basis", place(rope, { legalBasis: "" }));
    expectRefused(rope, "identity/not-in-office", place(rope, {}, officer.admission));
    expectRefused(rope, "identity/not-in-office", place(rope, {}, alice));
  });

  it("refuses a second order while the first stands, and takes it when that is over or lifted", () => {
    const rope = RopeBench.create();
    const first = placeHold(rope, { kind: SUBJECT.account, subject, forMs: 10_000n });
    expectRefused(rope, "hold/exists", place(rope));
    // The same bytes of another kind are another subject.
    rope.do(place(rope, { subjectKind: SUBJECT.gateway }));
    liftHold(rope, first, 1);
    placeHold(rope, { kind: SUBJECT.account, subject, forMs: 10_000n });
    rope.at(rope.timeMs + 10_000n, place(rope));
  });
});

describe("lift-hold", () => {
  it("is supervision's, of a hold that there is, once", () => {
    const rope = RopeBench.create();
    const holdId = placeHold(rope, { kind: SUBJECT.account, subject });
    expectRefused(rope, "identity/not-in-office", lift(holdId, alice));
    expectRefused(rope, "hold/unknown", lift(seed("nothing")));
    rope.do(lift(holdId));
    expect(rope.must(stateKey.hold(holdId), holdRecordCodec).lifted).toBe(true);
    expectRefused(rope, "hold/lifted", lift(holdId));
  });

  it("leaves nothing to do when nothing waits", () => {
    const rope = RopeBench.create();
    const holdId = placeHold(rope, { kind: SUBJECT.account, subject });
    rope.do(lift(holdId));
    expect(rope.records("transfers/lifted/")).toEqual([]);
  });
});

describe("many decisions at once", () => {
  /** More holds than one block takes up, each with one transfer, all with the same end. */
  const HOLDS = 20;

  function scene() {
    const world = createWorld();
    const { rope, a, b } = world;
    const senders = Array.from({ length: HOLDS }, (_, index) => seed(`sender/${index}`));
    const orders = senders.map((sender) => place(rope, { subject: sender }));
    const { transactions } = rope.do(...orders);
    const holdIds = transactions.map(({ id }) => digest(SUITE_SM, "hold", id));
    const sents = senders.map((sender) =>
      a.send({
        ...{ assetId: cny.assetId, amount: 1n, finalGateway: b.gateway, sender },
        finalRecipient: seed("recipient"),
      }),
    );
    world.relay(a, ...sents);
    const states = () => sents.map((sent) => world.transfer(sent).state);
    const deny = holdIds.map((holdId) =>
      plan(officer.supervision, "supervision/lift-hold", { holdId, decision: 2, reason: 8 }),
    );
    const [first] = sents;
    if (!first) throw new Error("unreachable");
    return { world, states, deny, endMs: world.transfer(first).releaseAtMs };
  }

  it("are carried out over the next blocks, which the node is asked for", () => {
    const { world, states, deny } = scene();
    const { rope } = world;
    rope.do(...deny);
    expect(states().filter((state) => state === TRANSFER_STATE.queued).length).toBe(HOLDS - 16);
    expect(rope.runtime.application.wantsBlock(rope.timeMs, rope.last)).toBe(true);
    rope.do();
    expect(states()).toEqual(states().map(() => TRANSFER_STATE.returned));
    expect(rope.records("transfers/lifted/")).toEqual([]);
  });

  it("hold although the holds end before they are carried out: what was denied is not forwarded", () => {
    const { world, states, deny, endMs } = scene();
    world.rope.at(endMs - 1n, ...deny);
    expect(states().filter((state) => state === TRANSFER_STATE.queued).length).toBe(HOLDS - 16);
    world.rope.at(endMs);
    expect(states()).toEqual(states().map(() => TRANSFER_STATE.returned));
  });

  it("come too late in the block in which the holds end: the default has been carried out", () => {
    const { world, states, deny, endMs } = scene();
    world.rope.at(endMs, ...deny);
    expect(states()).toEqual(states().map(() => TRANSFER_STATE.forwarded));
    expect(world.rope.records("transfers/lifted/")).toEqual([]);
  });
});
