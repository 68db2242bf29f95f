import { LANE_CONTROL, TRANSFER_STATE } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../kit/accounts.ts";
import { expectRefused } from "../kit/refuse.ts";
import type { SendPlan } from "../kit/strand-bench.ts";
import { cny, createWorld } from "../kit/world.ts";

const { assetId } = cny;
const finalRecipient = seed("recipient");

function route(to: Uint8Array, change: Partial<SendPlan> = {}): SendPlan {
  return { assetId, amount: 500n, finalGateway: to, finalRecipient, ...change };
}

describe("reorder on an ordered lane", () => {
  const lane = 0x8002;

  it("is refused; in order, every terminal receipt advances the lane", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const first = a.lie(route(b.gateway, { lane, finalGateway: seed("nowhere") }));
    const second = a.send(route(b.gateway, { lane }));
    const third = a.send(route(b.gateway, { lane }));
    const [update, message] = world.receive(a, second);
    expectRefused(rope, "packet/out-of-order", message, [update]);
    const [again, both] = world.receive(a, third, first);
    expectRefused(rope, "packet/out-of-order", both, [again]);
    world.relay(a, first, second);
    world.relay(a, third);
    const states = [first, second, third].map((sent) => world.transfer(sent).state);
    const { returned } = TRANSFER_STATE;
    expect(states).toEqual([returned, returned, returned]);
  });

  it("carries no value, which may have to wait where nothing may be overtaken: FAILED with 17", () => {
    const world = createWorld();
    const { a, b } = world;
    const before = world.books(cny);
    const sent = a.send(route(b.gateway, { lane }));
    world.relay(a, sent);
    expect(world.answersTo(sent)).toMatchObject([{ status: 2, code: 17 }]);
    expect(world.books(cny)).toEqual(before);
    expect(world.fetch(b).packets).toEqual([]);
  });

  it("does not bind the default lane", () => {
    const world = createWorld();
    const { a, b } = world;
    const first = a.send(route(b.gateway));
    const second = a.send(route(b.gateway));
    world.relay(a, second);
    world.relay(a, first);
    const sequences = world.fetch(b).packets.map(({ packet }) => packet.sequence);
    expect(sequences).toEqual([1n, 2n]);
  });
});

it("value on the control lane is refused: it would block the lane of its destination for ever", () => {
  const world = createWorld();
  const { a, b } = world;
  const sent = a.send(route(b.gateway, { lane: LANE_CONTROL }));
  world.relay(a, sent);
  expect(world.fetch(b).packets).toEqual([]);
  expect(world.answersTo(sent)).toMatchObject([{ status: 2, code: 17 }]);
});
