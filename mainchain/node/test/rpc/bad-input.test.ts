import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call } from "../network/devnet.ts";
import { type LocalNetwork, startLocalNetwork } from "./local-network.ts";

let node: LocalNetwork;
beforeAll(async () => {
  node = await startLocalNetwork();
});
afterAll(() => node.close());

interface Reply {
  readonly status: number;
  readonly body: {
    readonly id?: unknown;
    readonly result?: unknown;
    readonly error?: {
      readonly code: number;
      readonly data: { readonly code: string; readonly operands: object };
    };
  };
}
async function post(
  body: string,
  change: { readonly path?: string; readonly method?: string; readonly type?: string } = {},
): Promise<Reply> {
  const { path = "/", method = "POST", type = "application/json" } = change;
  const response = await fetch(`${node.url}${path}`, {
    method,
    headers: { "content-type": type },
    ...(method === "POST" ? { body } : {}),
  });
  return { status: response.status, body: (await response.json()) as Reply["body"] };
}
const request = (method: string, params: unknown, id: unknown = 1): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });
const hash = "ab".repeat(32);

describe("whatever a client sends, it gets a stable code and the server stays up", () => {
  it.each([
    ["not JSON", "{", -32_700, "rpc/bad-json", {}],
    ["a number", "7", -32_600, "rpc/bad-request", { operand: "" }],
    ["an empty batch", "[]", -32_600, "rpc/bad-request", { detail: "empty batch" }],
    [
      "a batch of 51",
      JSON.stringify(Array.from({ length: 51 }, () => ({}))),
      -32_600,
      "rpc/batch-too-long",
      { length: 51, limit: 50 },
    ],
    [
      "another protocol",
      '{"jsonrpc":"1.0","id":1}',
      -32_600,
      "rpc/bad-request",
      { operand: "jsonrpc" },
    ],
    ["no method", '{"jsonrpc":"2.0","id":1}', -32_600, "rpc/bad-request", { operand: "method" }],
    ["an object as id", request("status", {}, {}), -32_600, "rpc/bad-request", { operand: "id" }],
    ["an unknown method", request("stop", {}), -32_601, "rpc/unknown-method", { method: "stop" }],
    [
      "a method of Object",
      request("__proto__", {}),
      -32_601,
      "rpc/unknown-method",
      { method: "__proto__" },
    ],
    [
      "positional parameters",
      request("tx", [hash]),
      -32_602,
      "rpc/bad-params",
      { method: "tx", operand: "" },
    ],
    ["no parameters", request("tx", undefined), -32_602, "rpc/bad-params", { operand: "id" }],
    [
      "a parameter too many",
      request("status", { height: "1" }),
      -32_602,
      "rpc/bad-params",
      { method: "status", operand: "height" },
    ],
    [
      "a parameter whose name is a page long",
      request("tx", { id: hash, ["x".repeat(5_000)]: 1 }),
      -32_602,
      "rpc/bad-params",
      { operand: "x".repeat(100) },
    ],
    [
      "a member that no request has",
      '{"jsonrpc":"2.0","id":1,"method":"status","parameters":{}}',
      -32_600,
      "rpc/bad-request",
      { operand: "parameters" },
    ],
    ...["1e400", "9007199254740993", "1.5", "-0", "true"].map(
      (id): [string, string, number, string, object] => [
        `${id} as id`,
        `{"jsonrpc":"2.0","id":${id},"method":"status"}`,
        -32_600,
        "rpc/bad-request",
        { operand: "id" },
      ],
    ),
    [
      "a range that ends before it begins",
      request("state_range", { from: "02", to: "01ff", limit: 1 }),
      -32_602,
      "rpc/bad-params",
      { operand: "to", detail: "below from" },
    ],
    [
      "a number for a decimal string",
      request("block", { height: 1 }),
      -32_602,
      "rpc/bad-params",
      { operand: "height" },
    ],
    [
      "a height beyond 64 bits",
      request("block", { height: "18446744073709551616" }),
      -32_602,
      "rpc/bad-params",
      { operand: "height", detail: "below 2^64" },
    ],
    [
      "upper-case hex",
      request("tx", { id: "AB".repeat(32) }),
      -32_602,
      "rpc/bad-params",
      { operand: "id" },
    ],
    [
      "half a byte",
      request("broadcast_tx", { tx: "abc" }),
      -32_602,
      "rpc/bad-params",
      { operand: "tx" },
    ],
    [
      "no address",
      request("account", { address: "rope1qqqq" }),
      -32_602,
      "rpc/bad-params",
      { operand: "address" },
    ],
    [
      "a third suite",
      request("checkpoint", { suite: 3 }),
      -32_602,
      "rpc/bad-params",
      { operand: "suite" },
    ],
    [
      "too long a range",
      request("state_range", { from: "", to: "ff", limit: 201 }),
      -32_602,
      "rpc/bad-params",
      { operand: "limit" },
    ],
    [
      "subscribe without a connection",
      request("subscribe", { topic: "blocks" }),
      -32_601,
      "rpc/websocket-only",
      { method: "subscribe" },
    ],
    [
      "an unknown transaction",
      request("tx", { id: hash }),
      -32_000,
      "rpc/tx-unknown",
      { id: hash },
    ],
    [
      "a height to come",
      request("signed_header", { height: "99999" }),
      -32_000,
      "rpc/height-unknown",
      { height: "99999" },
    ],
    [
      "genesis as a block",
      request("block", { height: "0" }),
      -32_000,
      "rpc/height-unknown",
      { height: "0" },
    ],
    [
      "no results yet",
      request("block_results", { height: "99999" }),
      -32_000,
      "rpc/height-unknown",
      {},
    ],
    [
      "a state to come",
      request("state", { key: "00", height: "99999" }),
      -32_000,
      "state/height-unknown",
      { height: "99999" },
    ],
    [
      "an unknown gateway",
      request("outbox_proof", { gateway: hash, index: "0", checkpointHeight: "1" }),
      -32_000,
      "query/unknown-gateway",
      { gateway: hash },
    ],
    [
      "an unknown checkpoint",
      request("checkpoint", { suite: 1, height: "99999" }),
      -32_000,
      "query/unknown-checkpoint",
      { suite: 1, height: "99999" },
    ],
    [
      "a transaction of three bytes",
      request("broadcast_tx", { tx: "010203" }),
      -32_000,
      "tx/malformed",
      {},
    ],
  ])("%s", async (_, body, number, code, operands) => {
    const reply = await post(body);
    expect(reply.body.error).toMatchObject({ code: number, data: { code, operands } });
    expect(reply.status).toBe(200);
    expect(await call(node.url, "status", {})).toMatchObject({ chainName: "local" });
  });

  it.each([
    ["an unknown route", { path: "/nothing" }, 404, "rpc/unknown-route"],
    ["GET of the RPC", { method: "GET" }, 405, "rpc/wrong-verb"],
    ["POST of the health", { path: "/health" }, 405, "rpc/wrong-verb"],
    ["a form", { type: "text/plain" }, 415, "rpc/wrong-content-type"],
    [
      "JSON in another alphabet",
      { type: "application/json; charset=utf-16le" },
      415,
      "rpc/wrong-content-type",
    ],
    [
      "JSON in two alphabets",
      { type: 'application/json; charset="UTF-8"; charset=gbk' },
      415,
      "rpc/wrong-content-type",
    ],
  ])("%s", async (_, change, status, code) => {
    const reply = await post(request("status", {}), change);
    expect(reply).toMatchObject({ status, body: { error: { data: { code } } } });
  });

  it.each(["application/json;charset=UTF-8", 'Application/JSON; charset="utf-8"; q=1'])(
    "but JSON in UTF-8 is heard: %s",
    async (type) => {
      expect(await post(request("status", {}), { type })).toMatchObject({ status: 200 });
    },
  );

  it("a body of two megabytes", async () => {
    const reply = await post(JSON.stringify({ padding: "x".repeat(2 * 1024 * 1024) }));
    expect(reply.status).toBe(413);
    expect(reply.body.error?.data).toEqual({
      code: "rpc/body-too-long",
      operands: { limit: 1024 * 1024 },
    });
  });

  it("bytes that are not HTTP, and a request of another host", async () => {
    const { hostname, port } = new URL(node.url);
    const answerTo = (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        let answer = "";
        const socket = connect(Number(port), hostname, () => socket.write(text));
        socket.on("data", (chunk) => {
          answer += String(chunk);
        });
        socket.on("close", () => resolve(answer));
        socket.on("error", reject);
      });
    expect(await answerTo("\u0000\u0001\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 [\s\S]*rpc\/bad-http/);
    const long = `GET / HTTP/1.1\r\nx: ${"y".repeat(40_000)}\r\n\r\n`;
    expect(await answerTo(long)).toMatch(/^HTTP\/1\.1 431 [\s\S]*rpc\/bad-http/);
    const forged = "GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    expect(await answerTo(forged)).toMatch(/^HTTP\/1\.1 403 [\s\S]*rpc\/wrong-host/);
  });
});

describe("batches and notifications", () => {
  it("answers each call of a batch in order, and no notification", async () => {
    const { body } = await post(
      `[${request("status", {}, "a")},{"jsonrpc":"2.0","method":"status"},${request("nope", {}, 2)}]`,
    );
    expect(body).toMatchObject([
      { id: "a", result: { chainName: "local" } },
      { id: 2, error: { data: { code: "rpc/unknown-method" } } },
    ]);
  });

  it.each(["status", "no-such-method"])("answers no notification of %s", async (method) => {
    const silent = await fetch(node.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", method }),
    });
    expect(silent.status).toBe(204);
  });

  it("gives integers below 2^53, text and null back as ids", async () => {
    for (const id of [0, -1, 2 ** 53 - 1, "", "绳", null]) {
      expect((await post(request("status", {}, id))).body).toMatchObject({ id, result: {} });
    }
  });
});
