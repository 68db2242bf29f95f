import {
  COUNTER,
  type ObserveBooks,
  type PositionRecord,
  positionRecordCodec,
  stateKey,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { nobody, ROPE, relayer } from "../../kit/genesis.ts";
import { claimBooks } from "../../kit/observe.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan, type RopeBlock } from "../../kit/rope-bench.ts";
import type { StrandBench } from "../../kit/strand-bench.ts";
import { cny, createWorld, gold, type World } from "../../kit/world.ts";

const { assetId } = cny;
const finalRecipient = seed("recipient");
const COUNTERS = ["out", "in", "refunded", "balance"] as const;

const claim = (
  strand: StrandBench,
  height?: bigint,
  change: Partial<ObserveBooks> = {},
): ObserveBooks => ({ ...claimBooks(strand, assetId, height), ...change });

const observe = (body: ObserveBooks): Plan => plan(relayer, "transfers/observe-books", body);

/** The strand's newest books, under a fresh header. */
function observed(
  world: World,
  strand: StrandBench,
  change: Partial<ObserveBooks> = {},
): RopeBlock {
  const update = world.update(strand);
  return world.rope.do(update, observe(claim(strand, undefined, change)));
}

function position({ rope }: World, strand: StrandBench): PositionRecord {
  return rope.must(stateKey.position(assetId, strand.gateway), positionRecordCodec);
}

const eventsOf = (block: RopeBlock): readonly string[] =>
  block.transactions.flatMap((one) => one.events.map(({ kind }) => kind));

/** Books with something in every column: A: out 800, in 100, refunded 200; B: out 100, in 600. */
function traded(): World {
  const world = createWorld();
  const { a, b } = world;
  const to = (strand: StrandBench, amount: bigint) => ({
    ...{ assetId, amount, finalGateway: strand.gateway, finalRecipient },
  });
  world.relay(a, a.send(to(b, 600n)), a.send({ ...to(b, 200n), finalGateway: seed("nowhere") }));
  world.answer(b);
  world.relay(b, b.send(to(a, 100n)));
  world.answer(a);
  world.answer(b);
  return world;
}

describe("the books of an honest strand", () => {
  it("agree at the origin, and are put on record", () => {
    const world = traded();
    const { a } = world;
    expect(a.books(assetId)).toMatchObject({ out: 800n, in: 100n, refunded: 200n, balance: 500n });
    expect(eventsOf(observed(world, a))).toContain("transfers.books-observed");
    expect(position(world, a)).toMatchObject({
      observedHeight: a.state.height,
      observedOut: 800n,
      observedIn: 100n,
      observedRefunded: 200n,
      observedBalance: 500n,
      flags: 0,
    });
  });

  it("agree at a voucher strand", () => {
    const world = traded();
    const { b } = world;
    expect(b.books(assetId)).toMatchObject({ out: 100n, in: 600n, refunded: 0n, balance: 500n });
    expect(eventsOf(observed(world, b))).toContain("transfers.books-observed");
    expect(position(world, b).flags).toBe(0);
  });

  it("agree while packets are under way in both directions", () => {
    const world = traded();
    const { a, b } = world;
    const route = { assetId, amount: 50n, finalRecipient };
    a.send({ ...route, finalGateway: b.gateway });
    world.relay(a, a.send({ ...route, finalGateway: b.gateway }));
    world.take(b);
    observed(world, a);
    observed(world, b);
    expect(position(world, a).flags).toBe(0);
    expect(position(world, b).flags).toBe(0);
  });

  it("may be brought by anybody who pays", () => {
    const world = traded();
    const { rope, b } = world;
    const give = { to: nobody.address, amount: 10n ** 9n };
    rope.do(world.update(b), plan(relayer, "accounts/transfer", give));
    rope.do(plan(nobody, "transfers/observe-books", claim(b)));
    expect(position(world, b).observedHeight).toBe(b.state.height);
  });

  it("agree although the origin holds more than it must: anybody may send it tokens", () => {
    const world = traded();
    const { a } = world;
    a.setCounter(assetId, COUNTER.balance, 501n);
    observed(world, a, { balance: 501n });
    expect(position(world, a).flags).toBe(0);
  });

  it("at an older height agree although the rope has received more since", () => {
    const world = traded();
    const { rope, a, b } = world;
    const before = claim(a, a.state.seal().height);
    rope.do(plan(relayer, "chains/update-client", a.attest(a.state.header())));
    const route = { assetId, amount: 50n, finalGateway: b.gateway, finalRecipient };
    world.relay(a, a.send(route));
    rope.do(observe(before));
    expect(position(world, a)).toMatchObject({ flags: 0, observedOut: 800n, received: 850n });
  });
});

describe("books that contradict the rope's freeze their pair by themselves", () => {
  /** One rule broken at a time: the last column is the only reason of the alert. */
  const violations: readonly (readonly [string, "a" | "b", Partial<ObserveBooks>, string])[] = [
    ["received > out", "a", { out: 799n }, "received 800 > out 799"],
    ["in > sent", "b", { in: 601n, balance: 501n }, "in 601 > sent 600"],
    ["refunded > acknowledged", "a", { refunded: 201n }, "refunded 201 > acknowledged 200"],
    ["an escrow below what is out", "a", { balance: 499n }, "balance 499, counters make 500"],
    ["a supply above what came in", "b", { balance: 501n }, "balance 501, counters make 500"],
    ["a supply below what came in", "b", { balance: 499n }, "balance 499, counters make 500"],
  ];

  it.each(violations)("%s at %s", (_, name, change, reason) => {
    const world = traded();
    const strand = world[name];
    for (const counter of COUNTERS) {
      strand.setCounter(
        assetId,
        COUNTER[counter],
        change[counter] ?? strand.books(assetId)[counter],
      );
    }
    const block = observed(world, strand, change);
    const alerts = block.transactions
      .flatMap(({ events }) => events)
      .filter(({ kind }) => kind === "transfers.alert");
    expect(alerts.map(({ attributes }) => attributes["reason"])).toEqual([reason]);
    expect(position(world, strand).flags).toBe(1);
    const other = name === "a" ? world.b : world.a;
    expect(position(world, other).flags).toBe(0);
  });

  it("and then nothing of the asset goes on from there", () => {
    const world = traded();
    const { a, b } = world;
    b.setCounter(assetId, COUNTER.balance, 501n);
    observed(world, b, { balance: 501n });
    const sent = b.lie({ assetId, amount: 1n, finalGateway: a.gateway, finalRecipient });
    world.relay(b, sent);
    expect(world.transfer(sent).state).toBe(5);
  });
});

describe("a claim that is refused", () => {
  it.each(COUNTERS)("%s that the proof does not show: transfers/books-not-proven", (counter) => {
    const world = traded();
    const { rope, a } = world;
    rope.do(world.update(a));
    const body = claim(a);
    const wrong = { ...body, [counter]: body[counter] + 1n };
    expectRefused(rope, "transfers/books-not-proven", observe(wrong));
  });

  it("a height that is not newer: transfers/older-than-known", () => {
    const world = traded();
    const { rope, a } = world;
    const older = claim(a, a.state.seal().height);
    rope.do(plan(relayer, "chains/update-client", a.attest(a.state.header())));
    observed(world, a);
    expectRefused(rope, "transfers/older-than-known", observe(claim(a)));
    expectRefused(rope, "transfers/older-than-known", observe(older));
  });

  it("proofs of one counter for another", () => {
    const world = traded();
    const { rope, a } = world;
    rope.do(world.update(a));
    const body = claim(a);
    const swapped = { ...body, outProof: body.inProof, inProof: body.outProof };
    expectRefused(rope, "proof/wrong-node", observe(swapped));
  });

  it("an asset that nobody registered: transfers/unknown-asset", () => {
    const world = traded();
    const { rope, a } = world;
    rope.do(world.update(a));
    const body = claim(a, undefined, { assetId: seed("unheard of") });
    expectRefused(rope, "transfers/unknown-asset", observe(body));
  });

  it("an asset that the strand does not have, or the rope as a strand", () => {
    const world = traded();
    const { rope, a, c } = world;
    rope.do(world.update(a), world.update(c));
    const foreign = claim(a, undefined, { anchor: c.state.anchor(), assetId: gold.assetId });
    expectRefused(rope, "transfers/no-representation", observe(foreign));
    const own = claim(a, undefined, { anchor: { ...a.state.anchor(), gateway: ROPE } });
    expectRefused(rope, "chain/unknown", observe(own));
  });

  it("a header that nobody attested: client/unknown-height", () => {
    const world = traded();
    const { rope, a } = world;
    a.state.seal();
    expectRefused(rope, "client/unknown-height", observe(claim(a)));
  });
});
