import {
  AdapterError,
  type ChainAdapter,
  type ClientAge,
  type ProvenBatch,
} from "@ropenet/adapter-sdk";
import { SUITE_KECCAK, ZERO_32 } from "@ropenet/protocol";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createLaneRunner } from "../src/lane.ts";

const DAY = 86_400_000;
const PERIOD = 14 * DAY;

/** A lane on which nothing happens; `now` is every clock, ms. */
function createScene() {
  const scene = {
    now: 0,
    updatedAt: 0,
    period: PERIOD,
    looks: 0,
    brought: [] as number[],
    refusal: undefined as string | undefined,
    hasClient: true,
  };
  const idle = {
    ...{ gateway: ZERO_32, suite: SUITE_KECCAK },
    finalised: async () => ({ height: 0n, timeMs: 0n }),
    standings: async () => [],
  };
  const source = {
    ...{ ...idle, name: "source" },
    proveTip: async () => ({ kind: "evm", items: [] }) as unknown as ProvenBatch,
  } as unknown as ChainAdapter;
  const destination = {
    ...{ ...idle, name: "destination" },
    clientAge: async (): Promise<ClientAge | undefined> => {
      scene.looks += 1;
      if (!scene.hasClient) return undefined;
      return {
        updatedAtMs: BigInt(scene.updatedAt),
        nowMs: BigInt(scene.now),
        trustingPeriodMs: BigInt(scene.period),
      };
    },
    submit: async ({ items }: ProvenBatch) => {
      expect(items).toEqual([]);
      scene.brought.push(scene.now);
      if (scene.refusal !== undefined) {
        throw new AdapterError({
          ...{ code: scene.refusal, chain: "destination", detail: "" },
          disposition: { kind: "permanent" },
        });
      }
      scene.updatedAt = scene.now;
      return { outcomes: [], transactionHashes: ["t"], feePaid: 1n };
    },
  } as unknown as ChainAdapter;
  const log: { msg: string; code?: string }[] = [];
  const runner = createLaneRunner({
    limits: { maxItems: 16, maxBytes: 100_000 },
    startHeight: () => 1n,
    logger: pino({ level: "info" }, { write: (line: string) => log.push(JSON.parse(line)) }),
    now: () => scene.now,
  });
  const lane = { name: "source>destination", source, destination };
  /** steps every `everyMs` until `untilMs` */
  async function run(untilMs: number, everyMs: number): Promise<void> {
    for (; scene.now <= untilMs; scene.now += everyMs) {
      await runner.step(lane, new AbortController().signal);
    }
  }
  return { scene, run, log };
}

describe("a lane on which nothing is to be delivered", () => {
  it("keeps its destination's client young for ever, at the price of one update each third of the period", async () => {
    const { scene, run, log } = createScene();
    await run(60 * DAY, 3_600_000);
    const thirds = 60 / (14 / 3);
    expect(scene.brought.length).toBeGreaterThanOrEqual(Math.floor(thirds) - 1);
    expect(scene.brought.length).toBeLessThanOrEqual(Math.ceil(thirds));
    const ages = scene.brought.map((at, index) => at - (scene.brought[index - 1] ?? 0));
    expect(Math.max(...ages)).toBeLessThan(PERIOD / 2);
    expect(log.filter(({ msg }) => msg === "client brought on")).toHaveLength(scene.brought.length);
  });

  it("looks at a client every ten minutes at the most, however often it steps", async () => {
    const { scene, run } = createScene();
    await run(3_600_000, 400);
    expect(scene.looks).toBeLessThanOrEqual(7);
    expect(scene.brought).toEqual([]);
  });

  it("tries again at every look where it is refused, says so, and goes on", async () => {
    const { scene, run, log } = createScene();
    Object.assign(scene, { period: 60_000, refusal: "client/expired" });
    await run(60_000, 400);
    expect(scene.brought.length).toBeGreaterThanOrEqual(15);
    expect(scene.brought.length).toBeLessThanOrEqual(21);
    expect(log.filter(({ code }) => code === "client/expired")).toHaveLength(scene.brought.length);
  });

  it("brings nothing where there is no client", async () => {
    const { scene, run } = createScene();
    scene.hasClient = false;
    await run(3_600_000, 5_000);
    expect(scene.brought).toEqual([]);
  });
});
