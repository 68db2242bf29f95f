import { TRANSFER_STATE } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../kit/accounts.ts";
import { bob } from "../kit/genesis.ts";
import type { SendPlan, Sent } from "../kit/strand-bench.ts";
import { cny, createWorld, type World } from "../kit/world.ts";

const { assetId } = cny;
const finalRecipient = seed("recipient");

function route(to: Uint8Array, change: Partial<SendPlan> = {}): SendPlan {
  return { assetId, amount: 500n, finalGateway: to, finalRecipient, ...change };
}

/** Amounts reach the rope inside a proven packet: what is wrong with them is answered, and the books stay. */
describe("amounts", () => {
  const outcome = (world: World, sent: Sent) => {
    const { state, failure } = world.transfer(sent);
    return { state, failure };
  };
  const { returned, quarantined } = TRANSFER_STATE;

  it("u128 overflow: FAILED with `overflow`", () => {
    const world = createWorld();
    const { a, b } = world;
    const most = a.lie(route(b.gateway, { amount: (1n << 128n) - 1n }));
    world.relay(a, most);
    const books = world.books(cny);
    const more = a.lie(route(b.gateway, { amount: 1n }));
    world.relay(a, more);
    expect(outcome(world, more)).toEqual({ state: returned, failure: 4 });
    expect(world.books(cny)).toEqual(books);
  });

  it("inexact amount: FAILED with `inexact-amount`", () => {
    const world = createWorld();
    const { a, c } = world;
    const sent = a.lie(route(c.gateway, { amount: 101n }));
    world.relay(a, sent);
    expect(outcome(world, sent)).toEqual({ state: returned, failure: 3 });
    expect(world.books(cny)).toMatchObject({ escrow: 0n, inFlight: 0n });
  });

  it("burn above outstanding: QUARANTINED, no receipt", () => {
    const world = createWorld();
    const { a, b } = world;
    const sent = b.lie(route(a.gateway, { amount: 1n, finalRecipient: bob.b32 }));
    world.relay(b, sent);
    expect(outcome(world, sent)).toEqual({ state: quarantined, failure: 14 });
    expect(world.answersTo(sent)).toEqual([]);
    expect(world.books(cny)).toMatchObject({ escrow: 0n, inFlight: 0n });
  });
});
