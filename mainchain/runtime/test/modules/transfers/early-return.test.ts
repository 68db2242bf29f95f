import { stateKey, TRANSFER_STATE } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { expectRefused } from "../../kit/refuse.ts";
import type { SendPlan } from "../../kit/strand-bench.ts";
import { cny, createWorld, deed, type World } from "../../kit/world.ts";

const finalRecipient = seed("recipient");
const tokenId = seed("title");
const { forwarded, quarantined, returned, settled } = TRANSFER_STATE;

const toA = ({ a }: World, change: Partial<SendPlan> = {}): SendPlan => ({
  ...{ assetId: cny.assetId, amount: 100n, finalGateway: a.gateway, finalRecipient },
  ...change,
});

const TITLE = { assetId: deed.assetId, tokenId, amount: 1n };

/** B has taken what A sent, and its receipt is not yet told to the rope. */
function delivered(change: Partial<SendPlan> = {}): World & { readonly tell: () => void } {
  const world = createWorld();
  const { rope, a, b } = world;
  world.relay(a, a.send(toA(world, { finalGateway: b.gateway, ...change })));
  const receipts = world.take(b);
  const tell = (): void => {
    rope.do(...world.acknowledge(b, ...receipts));
  };
  return Object.assign(world, { tell });
}

describe("what a strand sends back before its receipt is heard", () => {
  it.each([
    { what: "an amount", of: cny, change: {} },
    { what: "a title", of: deed, change: TITLE },
  ])(
    "$what: waits without a receipt, freezes nothing, and goes once the receipt is told",
    (way) => {
      const world = delivered(way.change);
      const { rope, b } = world;
      const back = b.send(toA(world, way.change));
      const [update, receive] = world.receive(b, back);
      rope.do(update);
      const books = world.books(way.of);
      expectRefused(rope, "packet/early-return", receive);
      const { lane, sequence } = back.packet;
      expect(rope.value(stateKey.receipt(b.gateway, lane, sequence))).toBeUndefined();
      expect(rope.value(stateKey.transfer(back.transferId))).toBeUndefined();
      expect(world.position(way.of, b.gateway).flags).toBe(0);
      expect(world.books(way.of)).toEqual(books);
      world.tell();
      world.relay(b, back);
      expect(world.transfer(back).state).toBe(forwarded);
      world.answer(world.a);
      expect(world.transfer(back).state).toBe(settled);
    },
  );

  it("does not stop its neighbours in the batch", () => {
    const world = delivered();
    const { a, b } = world;
    world.tell();
    world.relay(a, a.send(toA(world, { finalGateway: b.gateway, amount: 7n })));
    const receipts = world.take(b);
    const [early, covered] = [101n, 6n].map((amount) => b.send(toA(world, { amount })));
    if (!(early && covered)) throw new Error("two were sent");
    world.relay(b, early, covered);
    expect(world.transfer(covered).state).toBe(forwarded);
    world.rope.do(...world.acknowledge(b, ...receipts));
    expect(world.position(cny, b.gateway)).toMatchObject({ outstanding: 101n, inFlight: 0n });
  });

  it("is quarantined when it is more than is there and on the way together", () => {
    const world = delivered();
    const { b } = world;
    const back = b.lie(toA(world, { amount: 101n }));
    world.relay(b, back);
    expect(world.transfer(back).state).toBe(quarantined);
    expect(world.position(cny, b.gateway).flags).toBe(1);
  });

  it("is quarantined when the strand answered that it had refused it", () => {
    const world = createWorld();
    const { a, b } = world;
    const first = a.send(toA(world, { finalGateway: b.gateway }));
    world.relay(a, first);
    const back = b.lie(toA(world));
    const [update, receive] = world.receive(b, back);
    world.rope.do(update);
    expectRefused(world.rope, "packet/early-return", receive);
    world.answer(b, { status: 2, code: 5 });
    expect(world.transfer(first).state).toBe(returned);
    world.relay(b, back);
    expect(world.transfer(back).state).toBe(quarantined);
  });

  it("a title that is on its way elsewhere is quarantined", () => {
    const world = delivered(TITLE);
    const { c } = world;
    const stolen = c.lie(toA(world, TITLE));
    world.relay(c, stolen);
    expect(world.transfer(stolen).state).toBe(quarantined);
  });
});
