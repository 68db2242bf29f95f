import {
  AdapterError,
  type ChainAdapter,
  type OutboundEvent,
  type ProvenBatch,
  type Standing,
} from "@ropenet/adapter-sdk";
import { SUITE_KECCAK, ZERO_32 } from "@ropenet/protocol";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { backOffMs, createLaneRunner } from "../src/lane.ts";
import { keyOf } from "../src/plan/open-events.ts";
import { acknowledgement, packet } from "./events.ts";

const refusal = (code: string, about: { about?: "items" | "packets" }) =>
  new AdapterError({
    ...{ code, chain: "destination", detail: "", ...about },
    disposition: { kind: "permanent" },
  });

const REFRESH_AFTER_MS = 1_000_000;

/** A source with `events`, and a destination that refuses a batch with any of `poison` in it. */
function createScene(events: readonly OutboundEvent[], maxOpen?: number) {
  const scene = {
    events: [...events],
    height: 100n,
    now: 0,
    poison: new Set<string>(),
    keptOut: new Set<string>(),
    taken: new Set<string>(),
    tried: [] as number[],
    broken: false,
    suspended: false,
  };
  const unused = async () => {
    throw new Error("not asked for");
  };
  const common = {
    gateway: ZERO_32,
    suite: SUITE_KECCAK,
    balance: unused,
    close: async () => undefined,
  };
  const source: ChainAdapter = {
    ...{ ...common, name: "source", standings: unused, submit: unused },
    finalised: async () => ({ height: scene.height, timeMs: 0n }),
    scan: async ({ fromHeight, toHeight }) =>
      scene.events.filter(({ height }) => height >= fromHeight && height <= toHeight),
    prove: async (chosen) =>
      ({
        kind: "evm",
        items: chosen.map((event) => ({ event, proof: [] })),
      }) as unknown as ProvenBatch,
  };
  const destination: ChainAdapter = {
    ...{ ...common, name: "destination", finalised: unused, scan: unused, prove: unused },
    standings: async (asked) =>
      asked.map((event): Standing => {
        if (scene.taken.has(keyOf(event))) return "taken";
        return scene.keptOut.has(keyOf(event)) ? "kept-out" : "open";
      }),
    submit: async ({ items }) => {
      const keys = items.map(({ event }) => keyOf(event));
      scene.tried.push(keys.length);
      if (scene.broken) throw refusal("client/frozen", {});
      const isNew = ({ event }: { readonly event: OutboundEvent }): boolean =>
        event.kind === "packet" && event.packet.timeoutMs > BigInt(scene.now);
      if (scene.suspended && items.some(isNew))
        throw refusal("chain/not-active", { about: "packets" });
      if (keys.some((key) => scene.poison.has(key))) throw refusal("packet/x", { about: "items" });
      for (const key of keys) scene.taken.add(key);
      return { outcomes: keys.map(() => "delivered"), transactionHashes: [], feePaid: 1n };
    },
  };
  const runner = createLaneRunner({
    refreshAfterMs: REFRESH_AFTER_MS,
    limits: { maxItems: 16, maxBytes: 100_000 },
    startHeight: () => 1n,
    logger: pino({ level: "silent" }),
    now: () => scene.now,
    ...(maxOpen === undefined ? {} : { maxOpen }),
  });
  const lane = { name: "source>destination", source, destination };
  const step = () => runner.step(lane, new AbortController().signal);
  return { scene, step };
}

const many = (count: number): readonly OutboundEvent[] =>
  Array.from({ length: count }, (_, index) => packet(1n, BigInt(index + 1)));

describe("an event that its destination refuses", () => {
  it("is found by halves and set aside, and its neighbours are delivered in the same step", async () => {
    const events = many(16);
    const { scene, step } = createScene(events);
    const bad = events[5] as OutboundEvent;
    scene.poison.add(keyOf(bad));
    const { delivered, undelivered, setAside } = await step();
    expect({ delivered, undelivered }).toEqual({ delivered: 15, undelivered: 1 });
    expect(setAside).toMatchObject([{ sequence: "6", code: "packet/x", attempts: 1 }]);
    expect(scene.tried.length).toBeLessThanOrEqual(9);
  });

  it("is left alone for longer each time, and goes once it is no longer refused", async () => {
    const [bad] = many(1) as [OutboundEvent];
    const { scene, step } = createScene([bad]);
    scene.poison.add(keyOf(bad));
    await step();
    await step();
    expect(scene.tried).toHaveLength(1);
    for (let attempt = 1; attempt < 5; attempt += 1) {
      scene.now += backOffMs(attempt);
      await step();
      expect(scene.tried).toHaveLength(attempt + 1);
    }
    scene.poison.clear();
    scene.now += backOffMs(5);
    expect((await step()).delivered).toBe(1);
    await step();
    expect((await step()).undelivered).toBe(0);
    expect(backOffMs(1_000)).toBe(600_000);
  });

  it("does not make its lane deaf, however far its chain goes on", async () => {
    const [bad] = many(1) as [OutboundEvent];
    const { scene, step } = createScene([bad]);
    scene.poison.add(keyOf(bad));
    await step();
    scene.height = 10_000n;
    scene.events.push(packet(9_000n, 2n));
    for (let steps = 0; steps < 6; steps += 1) await step();
    expect(scene.taken.size).toBe(1);
  });

  it("is tried on its own again by a worker that starts anew", async () => {
    const events = many(2);
    const first = createScene(events);
    first.scene.poison.add(keyOf(events[0] as OutboundEvent));
    await first.step();
    const second = createScene(events);
    second.scene.taken = first.scene.taken;
    expect((await second.step()).delivered).toBe(1);
  });
});

describe("an event that its destination keeps out", () => {
  it("is not submitted, and asked about less and less often", async () => {
    const events = many(3);
    const { scene, step } = createScene(events);
    scene.keptOut.add(keyOf(events[1] as OutboundEvent));
    const { delivered, setAside } = await step();
    expect(delivered).toBe(2);
    expect(setAside).toMatchObject([{ sequence: "2", code: "relayer/kept-out" }]);
    expect(scene.tried).toEqual([2]);
  });
});

describe("what concerns the whole lane", () => {
  it("is thrown, tried once, and sets nothing aside", async () => {
    const { scene, step } = createScene(many(8));
    scene.broken = true;
    await expect(step()).rejects.toMatchObject({ code: "client/frozen" });
    expect(scene.tried).toEqual([8]);
    scene.broken = false;
    expect(await step()).toMatchObject({ delivered: 8, setAside: [] });
  });
});

describe("a chain that takes nothing new", () => {
  it("is brought all that ends something, however much new stands before it", async () => {
    const { scene, step } = createScene([
      ...many(40),
      acknowledgement(2n, 1n),
      packet(3n, 77n, 0, 10, 1n),
    ]);
    scene.suspended = true;
    scene.now = 10;
    expect(await step()).toMatchObject({ delivered: 2, undelivered: 40 });
    // One attempt with all of a kind tells of each of them.
    expect(scene.tried).toEqual([16, 2]);
    for (let steps = 0; steps < 4; steps += 1) await step();
    expect(scene.tried).toHaveLength(4);
    scene.events.push(acknowledgement(150n, 2n));
    scene.height = 200n;
    expect((await step()).delivered).toBe(1);
    scene.suspended = false;
    scene.now += backOffMs(1);
    await step();
    await step();
    expect((await step()).undelivered).toBe(0);
  });
});

it("reads no further than it can remember, and gives up the oldest when all that it has waits", async () => {
  const { scene, step } = createScene(many(4), 4);
  for (const event of scene.events) scene.poison.add(keyOf(event));
  await step();
  scene.events.push(packet(150n, 9n));
  scene.height = 200n;
  await step();
  await step();
  expect([...scene.taken]).toEqual([keyOf(packet(150n, 9n))]);
});

it("takes in whole heights for which there is room, and comes back for the rest", async () => {
  const crowd = [1n, 2n, 3n, 4n, 5n].flatMap((height) =>
    [0n, 1n, 2n].map((index) => packet(height, height * 10n + index)),
  );
  const { scene, step } = createScene(crowd, 7);
  const most: number[] = [];
  for (let steps = 0; steps < 12; steps += 1) {
    const { undelivered, delivered } = await step();
    most.push(undelivered + delivered);
  }
  expect(scene.taken.size).toBe(15);
  expect(Math.max(...most)).toBeLessThanOrEqual(7);
});

it("takes in a height that alone holds more than there is room for: it would never fit", async () => {
  const { scene, step } = createScene(many(9), 4);
  for (let steps = 0; steps < 3; steps += 1) await step();
  expect(scene.taken.size).toBe(9);
});
