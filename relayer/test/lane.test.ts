import { AdapterError, type ChainAdapter, type SignedHandover } from "@ropenet/adapter-sdk";
import { SUITE_KECCAK, SUITE_SM } from "@ropenet/protocol";
import { pino } from "pino";
import { expect, it } from "vitest";
import { createLaneRunner } from "../src/lane.ts";

const REFRESH_AFTER_MS = 1_000_000;
const BROKEN = new AdapterError({
  ...{ code: "adapter/no-quorum", chain: "rope", detail: "" },
  disposition: { kind: "retryable" },
});

const handover = (fromEpoch: bigint): SignedHandover => {
  const set = { ropeChainId: new Uint8Array(32), suite: 1, epoch: fromEpoch, signers: [] };
  return {
    ...{ handover: new Uint8Array(98), fromEpoch, currentSet: set, nextSet: set, signatures: [] },
  };
};

/** A rope at an epoch and a strand that believes another; neither has anything to deliver. */
function createScene(running: bigint, believed: bigint) {
  const asked: string[] = [];
  const scene = {
    running,
    believed,
    asked,
    nowMs: 5_000_000,
    believedTimeMs: 4_500_000,
    brought: 0,
    isBroken: false,
  };
  const idle = {
    finalised: async () => ({ height: 5n, timeMs: 0n }),
    scan: async () => [],
    delivered: async () => [],
    close: async () => undefined,
  };
  const rope = {
    ...{ ...idle, name: "rope", gateway: new Uint8Array(32), suite: SUITE_SM },
    proveNewest: async () => {
      if (scene.isBroken) throw BROKEN;
      return { kind: "rope", items: [] };
    },
    runningEpoch: async () => scene.running,
    handovers: async (suite: number, from: bigint) => {
      asked.push(`suite ${suite} from ${from}`);
      const many = Math.min(Number(scene.running - from), 2);
      return Array.from({ length: many }, (_, index) => handover(from + BigInt(index)));
    },
  } as unknown as ChainAdapter;
  const strand = {
    ...{ ...idle, name: "strand", gateway: new Uint8Array(32), suite: SUITE_KECCAK },
    believedEpoch: async () => {
      asked.push("believed");
      return scene.believed;
    },
    believedTimeMs: async () => BigInt(scene.believedTimeMs),
    submit: async () => {
      scene.brought += 1;
      scene.believedTimeMs = scene.nowMs;
      return { outcomes: [], transactionHashes: ["aa"], feePaid: 1n };
    },
    acceptHandovers: async (handovers: readonly SignedHandover[]) => {
      for (const { fromEpoch } of handovers) if (fromEpoch === scene.believed) scene.believed += 1n;
      return handovers.length;
    },
  } as unknown as ChainAdapter;
  const runner = createLaneRunner({
    refreshAfterMs: REFRESH_AFTER_MS,
    limits: { maxItems: 10, maxBytes: 10_000 },
    startHeight: () => 1n,
    logger: pino({ level: "silent" }),
    now: () => scene.nowMs,
  });
  const signal = new AbortController().signal;
  const step = (source = rope, destination = strand) =>
    runner.step({ name: `${source.name}>${destination.name}`, source, destination }, signal);
  return { scene, rope, strand, step };
}

it("takes an idle gateway to the epoch of the rope, a few at a time", async () => {
  const { scene, step } = createScene(5n, 1n);
  await step();
  expect(scene.believed).toBe(3n);
  await step();
  expect(scene.believed).toBe(5n);
  expect(scene.asked).toContain("suite 1 from 3");
});

it("asks a gateway no more once it believes the running epoch, until the next", async () => {
  const { scene, step } = createScene(2n, 2n);
  for (let steps = 0; steps < 5; steps += 1) await step();
  expect(scene.asked).toEqual(["believed"]);
  scene.running = 3n;
  await step();
  expect(scene.believed).toBe(3n);
});

it("goes on where somebody else has brought the gateway along", async () => {
  const { scene, step } = createScene(1n, 0n);
  await step();
  Object.assign(scene, { running: 4n, believed: 3n });
  await step();
  expect(scene.believed).toBe(4n);
  expect(scene.asked.at(-2)).toBe("suite 1 from 3");
});

it("asks nothing of the kind in the other direction", async () => {
  const { scene, step, rope, strand } = createScene(3n, 0n);
  await step(strand, rope);
  expect(scene.asked).toEqual([]);
});

it("brings an idle gateway the newest before it has heard nothing for too long", async () => {
  const { scene, step } = createScene(1n, 1n);
  await step();
  expect(scene.brought).toBe(0);
  scene.nowMs += REFRESH_AFTER_MS / 2;
  await step();
  expect(scene.brought).toBe(1);
  await step();
  expect(scene.brought).toBe(1);
  for (let hours = 0; hours < 10; hours += 1) {
    scene.nowMs += REFRESH_AFTER_MS;
    await step();
  }
  expect(scene.brought).toBe(11);
});

it("goes on delivering while the newest cannot be proven, and tries again later", async () => {
  const { scene, step } = createScene(1n, 1n);
  Object.assign(scene, { isBroken: true, believedTimeMs: 0 });
  await expect(step()).resolves.toMatchObject({ delivered: 0 });
  scene.isBroken = false;
  await step();
  expect(scene.brought).toBe(0);
  scene.nowMs += 600_000;
  await step();
  expect(scene.brought).toBe(1);
});
