import { mkdtempSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Rope } from "@ropenet/client";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Hub, startHub } from "../src/server.ts";

/** Nothing behind the routes may be asked before a request is understood: whatever is touched, throws. */
const untouchable = <T extends object>(name: string): T =>
  new Proxy({} as T, {
    get(_, property) {
      throw new Error(`${name}.${String(property)} was asked`);
    },
  });

let hub: Hub;

beforeAll(async () => {
  const consoleDirectory = mkdtempSync(join(tmpdir(), "ropenet-console-"));
  writeFileSync(join(consoleDirectory, "index.html"), "<html>");
  hub = await startHub(
    { port: 0, consoleDirectory },
    {
      rope: untouchable<Rope>("rope"),
      database: untouchable("database"),
      indexer: untouchable("indexer"),
      strands: [],
      logger: pino({ level: "silent" }),
    },
  );
});

afterAll(async () => {
  await hub.close();
});

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly allow: string | undefined;
  readonly body: unknown;
}

/** By the path exactly as written: `fetch` would mend it. */
function ask(method: string, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port: hub.port, host: "127.0.0.1", method, path }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += String(chunk);
      });
      response.once("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"] ?? "",
          allow: response.headers.allow,
          body: JSON.parse(text),
        }),
      );
    });
    sent.once("error", reject);
    sent.end();
  });
}

describe("a request that the hub does not understand", () => {
  it.each([
    ["/api/v1/transfers?stat=queued", "stat"],
    ["/api/v1/transfers?state=paid", "state"],
    ["/api/v1/transfers?state=%ff", "state"],
    ["/api/v1/transfers?state=queued&state=settled", "state"],
    ["/api/v1/transfers?page=0", "page"],
    ["/api/v1/transfers?pageSize=201", "pageSize"],
    ["/api/v1/transfers?chain=0xab", "chain"],
    ["/api/v1/transfers?fromMs=-1", "fromMs"],
    ["/api/v1/transfers?fromMs=2&toMs=1", "toMs"],
    ...["1e3", "0x10", "%2B1", "01", " 1", "1.0", ""].map((page) => [
      `/api/v1/transfers?page=${encodeURIComponent(decodeURIComponent(page))}`,
      "page",
    ]),
    ["/api/v1/overview?page=1", "page"],
    ["/metrics?x=1", "?x=1"],
    ["/api/v1/conservation?height=7", "height"],
    ["/api/v1/events?since=1", "since"],
    [`/api/v1/transfers/${"0".repeat(64)}?x=`, "x"],
    ["/api/v1/transfers/%ff", "id"],
    ["/api/v1/transfers/ABC", "id"],
    [`/api/v1/chains/xyz/transactions/${"0".repeat(64)}`, "gateway"],
  ])("GET %s: 400, naming %s", async (path, field) => {
    const { status, type, body } = await ask("GET", path);
    expect({ status, type }).toEqual({ status: 400, type: "application/json; charset=utf-8" });
    expect(body).toMatchObject({ error: { code: "hub/bad-query", field } });
  });

  it.each([
    ...[
      "/api",
      "/api/v2/transfers",
      "/api/v1/transfers/a/b",
      "/../../etc/passwd",
      "//api/v1/overview",
    ],
    ...["/API/v1/overview", "/api/v1/overview/", "/assets/of-an-older-build.js"],
  ])("GET %s: 404 with a code", async (path) => {
    const { status, body } = await ask("GET", path);
    expect(status).toBe(404);
    expect(body).toMatchObject({ error: { code: "hub/unknown-route" } });
  });

  it.each([
    ["POST", "/"],
    ["DELETE", "/transfers/abc"],
    ["PUT", "/metrics"],
  ])("%s %s: 405, saying what is allowed", async (method, path) => {
    const { status, allow, body } = await ask(method, path);
    expect({ status, allow }).toEqual({ status: 405, allow: "HEAD, GET" });
    expect(body).toMatchObject({ error: { code: "hub/wrong-method", method } });
  });

  it.each([
    ["FOO /api/v1/overview HTTP/1.1", 400],
    ["GET /api/v1/transfers?page=\u0663 HTTP/1.1", 400],
    [`GET / HTTP/1.1\r\nx: ${"y".repeat(40_000)}`, 431],
  ])("what is no HTTP (%#): a code", async (head, status) => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(hub.port, "127.0.0.1");
      let text = "";
      socket.on("data", (chunk: Buffer) => {
        text += String(chunk);
      });
      socket.once("error", reject);
      socket.once("close", () => resolve(text));
      socket.write(`${head}\r\nhost: a\r\n\r\n`);
    });
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({
      error: { code: "hub/bad-http" },
    });
  });

  it.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])(
    "%s of a route: 405, saying what is allowed",
    async (method) => {
      const { status, allow, body } = await ask(method, "/api/v1/transfers");
      expect({ status, allow }).toEqual({ status: 405, allow: "HEAD, GET" });
      expect(body).toMatchObject({ error: { code: "hub/wrong-method", method } });
    },
  );

  it("a chain that the hub does not read: 404", async () => {
    const path = `/api/v1/chains/${"a".repeat(64)}/transactions/${"0".repeat(64)}`;
    const { status, body } = await ask("GET", path);
    expect(status).toBe(404);
    expect(body).toMatchObject({ error: { code: "hub/unknown-chain" } });
  });

  it("what breaks inside shows nothing of the inside: 500", async () => {
    const { status, body } = await ask("GET", "/api/v1/overview");
    expect({ status, body }).toEqual({ status: 500, body: { error: { code: "hub/internal" } } });
  });
});
