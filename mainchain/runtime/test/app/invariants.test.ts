import {
  blockIdOf,
  type ConservationRecord,
  conservationRecordCodec,
  type PositionRecord,
  positionRecordCodec,
  stateKey,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { createRuntime, InvariantViolation } from "../../src/index.ts";
import { seed } from "../kit/accounts.ts";
import { ROPE } from "../kit/genesis.ts";
import type { RopeBench } from "../kit/rope-bench.ts";
import { cny, createWorld, metered, type World } from "../kit/world.ts";

const { assetId } = cny;

/** 500 at B, and a packet of A that will touch the books. */
function createScene(): World {
  const world = createWorld();
  const { a, b } = world;
  world.relay(a, a.send(route(world)));
  world.answer(b);
  return world;
}

function route({ b }: World, of = cny) {
  const finalRecipient = seed("recipient");
  return { assetId: of.assetId, amount: 500n, finalGateway: b.gateway, finalRecipient };
}

/** The next block with a transfer of `of` in it, as any node executes it. */
function touch(world: World, of = cny, checkInvariants = true): () => unknown {
  const { rope, a, b } = world;
  const from = of === cny ? a : b;
  const finalGateway = of === cny ? b.gateway : ROPE;
  const sent = from.lie({ ...route(world, of), finalGateway });
  const block = rope.build(rope.sign(world.receive(from, sent)));
  const { application } = createRuntime({ reader: rope.store, checkInvariants });
  return () => application.verifyBlock(blockIdOf(block.header), block);
}

function breakBooks({ rope }: World, change: Partial<ConservationRecord>): void {
  const key = stateKey.conservation(assetId);
  rope.doctor(key, conservationRecordCodec, {
    ...rope.must(key, conservationRecordCodec),
    ...change,
  });
}

function breakPosition(
  rope: RopeBench,
  gateway: Uint8Array,
  change: Partial<PositionRecord>,
): void {
  const key = stateKey.position(assetId, gateway);
  rope.doctor(key, positionRecordCodec, { ...rope.must(key, positionRecordCodec), ...change });
}

describe("a book broken by hand", () => {
  const breaks: readonly (readonly [string, string, (world: World) => void])[] = [
    ["escrow", "escrow", (world) => breakBooks(world, { escrow: 501n })],
    ["what is in flight", "escrow", (world) => breakBooks(world, { inFlight: 1n })],
    ["what is held", "escrow", (world) => breakBooks(world, { held: 1n })],
    [
      "the total of what is out, and the escrow with it",
      "positions sum to",
      (world) => breakBooks(world, { escrow: 501n, outstandingTotal: 501n }),
    ],
    [
      "what one strand owes",
      "positions sum to",
      ({ rope, b }) => breakPosition(rope, b.gateway, { outstanding: 499n }),
    ],
    [
      "what the origin owes itself",
      "positions sum to",
      ({ rope, a }) => breakPosition(rope, a.gateway, { outstanding: 1n }),
    ],
  ];

  it.each(breaks)("%s: the block that touches it halts the node", (_, sentence, damage) => {
    const world = createScene();
    damage(world);
    expect(touch(world)).toThrow(InvariantViolation);
    expect(touch(world)).toThrow("I4 conservation");
    expect(touch(world)).toThrow(sentence);
  });

  it("is found by a position alone: observing books touches no total", () => {
    const world = createScene();
    const { rope, b } = world;
    breakPosition(rope, b.gateway, { outstanding: 499n });
    // A lie about a frozen pair changes flags only.
    const sent = b.lie({ ...route(world), finalGateway: world.a.gateway, amount: 501n });
    const block = rope.build(rope.sign(world.receive(b, sent)));
    const verify = () => rope.runtime.application.verifyBlock(blockIdOf(block.header), block);
    expect(verify).toThrow(InvariantViolation);
  });

  it("is not looked for in blocks that do not touch it, nor where nobody asks", () => {
    const world = createScene();
    breakBooks(world, { escrow: 501n });
    expect(touch(world, metered)).not.toThrow();
    expect(touch(world, cny, false)).not.toThrow();
  });

  it("is no coded error: it becomes neither a failed transaction nor a refused block", () => {
    const world = createScene();
    breakBooks(world, { held: 1n });
    try {
      touch(world)();
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InvariantViolation);
      expect(error).not.toHaveProperty("code");
    }
  });
});
