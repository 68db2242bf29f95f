import type { ChainAdapter, SignedHandover } from "@ropenet/adapter-sdk";
import { SUITE_KECCAK, SUITE_SM } from "@ropenet/protocol";
import { pino } from "pino";
import { expect, it } from "vitest";
import { createLaneRunner } from "../src/lane.ts";

const handover = (fromEpoch: bigint): SignedHandover => {
  const set = { ropeChainId: new Uint8Array(32), suite: 1, epoch: fromEpoch, signers: [] };
  return {
    ...{ handover: new Uint8Array(98), fromEpoch, currentSet: set, nextSet: set, signatures: [] },
  };
};

/** A rope at an epoch and a strand that believes another; neither has anything to deliver. */
function createScene(running: bigint, believed: bigint) {
  const asked: string[] = [];
  const scene = { running, believed, asked };
  const idle = {
    finalised: async () => ({ height: 5n, timeMs: 0n }),
    scan: async () => [],
    clientAge: async () => undefined,
    close: async () => undefined,
  };
  const rope = {
    ...{ ...idle, name: "rope", gateway: new Uint8Array(32), suite: SUITE_SM },
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
    acceptHandovers: async (handovers: readonly SignedHandover[]) => {
      for (const { fromEpoch } of handovers) if (fromEpoch === scene.believed) scene.believed += 1n;
      return handovers.length;
    },
  } as unknown as ChainAdapter;
  const runner = createLaneRunner({
    limits: { maxItems: 10, maxBytes: 10_000 },
    startHeight: () => 1n,
    logger: pino({ level: "silent" }),
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
