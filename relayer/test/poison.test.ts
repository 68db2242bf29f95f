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

const refusal = (code: string, about: { about?: "items" }) =>
  new AdapterError({
    ...{ code, chain: "destination", detail: "", ...about },
    disposition: { kind: "permanent" },
  });

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
    mostAsked: 0,
    /** whether what is taken is final at once */
    finality: true,
    /** happens between the question what is open and the delivery */
    suspend: undefined as (() => void) | undefined,
  };
  const unused = async () => {
    throw new Error("not asked for");
  };
  const common = {
    gateway: ZERO_32,
    suite: SUITE_KECCAK,
    balance: unused,
    proveTip: unused,
    clientAge: async () => undefined,
    close: async () => undefined,
  };
  const source: ChainAdapter = {
    ...{ ...common, name: "source", standings: unused, submit: unused },
    finalised: async () => ({ height: scene.height, timeMs: 0n }),
    scan: async ({ fromHeight, toHeight, limit }) =>
      scene.events
        .filter(({ height }) => height >= fromHeight && height <= toHeight)
        .slice(0, limit),
    prove: async (chosen) =>
      ({
        kind: "evm",
        items: chosen.map((event) => ({ event, proof: [] })),
      }) as unknown as ProvenBatch,
  };
  const destination: ChainAdapter = {
    ...{ ...common, name: "destination", finalised: unused, scan: unused, prove: unused },
    standings: async (asked) => {
      scene.mostAsked = Math.max(scene.mostAsked, asked.length);
      return asked.map((event): Standing => {
        if (scene.taken.has(keyOf(event))) return scene.finality ? "taken" : "settling";
        return scene.keptOut.has(keyOf(event)) ? "kept-out" : "open";
      });
    },
    submit: async ({ items }) => {
      const keys = items.map(({ event }) => keyOf(event));
      scene.tried.push(keys.length);
      scene.suspend?.();
      if (keys.some((key) => scene.keptOut.has(key))) {
        throw refusal("chain/not-active", { about: "items" });
      }
      if (scene.broken) throw refusal("client/frozen", {});
      if (keys.some((key) => scene.poison.has(key))) throw refusal("packet/x", { about: "items" });
      for (const key of keys) scene.taken.add(key);
      return { outcomes: keys.map(() => "delivered"), transactionHashes: [], feePaid: 1n };
    },
  };
  const runner = createLaneRunner({
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

  it("stops neither the receipts nor the late packets that wait behind a batch of such", async () => {
    const blocked = many(40);
    const receipt = acknowledgement(1n, 41n);
    const late = packet(1n, 42n);
    const { scene, step } = createScene([...blocked, receipt, late]);
    for (const event of blocked) scene.keptOut.add(keyOf(event));
    const { delivered, setAside } = await step();
    expect(delivered).toBe(2);
    expect(setAside).toHaveLength(40);
    expect([...scene.taken]).toEqual([keyOf(receipt), keyOf(late)]);
  });

  it("stops nothing either when it is kept out between the question and the delivery", async () => {
    const events = [...many(10), acknowledgement(1n, 11n)];
    const { scene, step } = createScene(events);
    scene.suspend = () => {
      for (const event of events.slice(0, 10)) scene.keptOut.add(keyOf(event));
    };
    expect((await step()).delivered).toBe(1);
    expect(scene.tried).toEqual([11, 1]);
    expect((await step()).setAside).toHaveLength(10);
  });
});

describe("an event that its destination has taken, in a state that may be reverted", () => {
  it("is delivered again if it is lost, and forgotten only once it is final", async () => {
    const [event] = many(1) as [OutboundEvent];
    const { scene, step } = createScene([event]);
    scene.finality = false;
    expect((await step()).delivered).toBe(1);
    expect(await step()).toMatchObject({ undelivered: 0, setAside: [] });
    scene.taken.clear();
    expect((await step()).delivered).toBe(0);
    scene.now += 1_000;
    expect((await step()).delivered).toBe(1);
    await step();
    scene.finality = true;
    scene.now += 60_000;
    await step();
    scene.taken.clear();
    scene.now += 60_000;
    expect(await step()).toMatchObject({ delivered: 0, undelivered: 0 });
  });

  it("does not stop those behind it on an ordered lane", async () => {
    const lane = 0x8001;
    const [first, second] = [packet(1n, 1n, lane), packet(150n, 2n, lane)];
    const { scene, step } = createScene([first, second]);
    scene.finality = false;
    await step();
    await step();
    scene.height = 200n;
    expect((await step()).delivered).toBe(1);
    expect(scene.taken.size).toBe(2);
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

it("takes from a stretch of its source no more than there is room for, and goes on where it stopped", async () => {
  const heights = [5n, 7n, 7n, 7n, 7n, 7n, 9n];
  const events = heights.map((height, index) => packet(height, BigInt(index + 1)));
  const { scene, step } = createScene(events, 2);
  for (let steps = 0; steps < 10; steps += 1) await step();
  expect([...scene.taken]).toEqual(events.map(keyOf));
  expect(scene.mostAsked).toBe(2);
});
