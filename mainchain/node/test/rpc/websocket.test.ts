import { connect } from "node:net";
import { bytesToHex, decodeTransaction, hexToBytes } from "@ropenet/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { BlockNotice } from "../../src/index.ts";
import { call, createAccount, eventually, transfer } from "../network/devnet.ts";
import { type LocalNetwork, startLocalNetwork } from "./local-network.ts";

let network: LocalNetwork;
beforeAll(async () => {
  network = await startLocalNetwork();
});
afterAll(() => network.close());

interface Client {
  readonly socket: WebSocket;
  readonly messages: { id?: number; method?: string; [field: string]: unknown }[];
  ask(id: number, method: string, params: object): Promise<Record<string, unknown>>;
}

async function open(options: { readonly origin?: string } = {}): Promise<Client> {
  const socket = new WebSocket(network.url.replace("http", "ws"), options);
  const messages: Client["messages"] = [];
  socket.on("message", (data) => messages.push(JSON.parse(String(data))));
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return {
    socket,
    messages,
    ask(id, method, params): Promise<Record<string, unknown>> {
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      return eventually(`answer ${id}`, () => messages.find((message) => message.id === id));
    },
  };
}
const closed = (socket: WebSocket) =>
  new Promise<number>((resolve) => {
    socket.once("close", resolve);
  });

it("answers every method and pushes each block once to each subscriber", async () => {
  const [watcher, bystander] = await Promise.all([open(), open()]);
  expect(await watcher.ask(1, "status", {})).toMatchObject({ result: { chainName: "local" } });
  expect(await watcher.ask(2, "subscribe", { topic: "blocks" })).toMatchObject({
    result: { subscribed: "blocks" },
  });
  const tx = transfer(network, network.rich, 0n, createAccount().address);
  const id = bytesToHex(decodeTransaction(hexToBytes(tx)).id);
  await call(network.url, "broadcast_tx", { tx });
  const notice = await eventually("the block", () =>
    watcher.messages
      .filter(({ method }) => method === "block")
      .map(({ params }) => params as BlockNotice)
      .find(({ transactions }) => transactions.some((one) => one.id === id)),
  );
  expect(notice.transactions.find((one) => one.id === id)).toMatchObject({
    code: null,
    events: [{ kind: "accounts.transferred" }],
  });
  expect(await call(network.url, "block", { height: notice.height })).toMatchObject({
    blockId: notice.blockId,
  });
  expect(await call(network.url, "tx", { id })).toMatchObject({
    height: notice.height,
    code: null,
  });
  expect(bystander.messages).toEqual([]);
  watcher.socket.terminate();
  bystander.socket.terminate();
});

it("is at / and nowhere else, as the rest of the RPC", async () => {
  for (const path of ["ws", "health", "?x", "/"]) {
    const socket = new WebSocket(`${network.url.replace("http", "ws")}/${path}`);
    const refused = await new Promise<{ status: number | undefined; body: string }>(
      (resolve, reject) => {
        socket.once("open", () => reject(new Error(`open at ${path}`)));
        socket.once("unexpected-response", (_request, response) => {
          let body = "";
          response.on("data", (part) => {
            body += String(part);
          });
          response.on("end", () => resolve({ status: response.statusCode, body }));
        });
      },
    );
    expect([path, refused.status]).toEqual([path, 404]);
    expect(refused.body).toContain("rpc/unknown-route");
  }
});

it("bounds subscriptions, messages and haste", async () => {
  const clients = await Promise.all([open(), open(), open()]);
  const [one, two, three] = clients;
  await one?.ask(1, "subscribe", { topic: "blocks" });
  await two?.ask(1, "subscribe", { topic: "blocks" });
  expect(await three?.ask(1, "subscribe", { topic: "blocks" })).toMatchObject({
    error: { data: { code: "rpc/too-many-subscriptions", operands: { limit: 2 } } },
  });
  expect(await three?.ask(2, "subscribe", { topic: "weather" })).toMatchObject({
    error: { data: { code: "rpc/bad-params", operands: { operand: "topic" } } },
  });
  if (!(one && two && three)) throw new Error("no clients");
  const tooLong = closed(one.socket);
  one.socket.send("x".repeat(1024 * 1024 + 1));
  expect(await tooLong).toBe(1009);
  const tooHasty = closed(two.socket);
  for (let index = 0; index < 500; index += 1) two.socket.send("{}");
  expect(await tooHasty).toBe(1008);
  // The places of both are free again.
  expect(await three.ask(3, "subscribe", { topic: "blocks" })).toMatchObject({ result: {} });
  three.socket.terminate();
});

it("lets no web page in", async () => {
  await expect(open({ origin: "https://evil.example" })).rejects.toThrow("403");
  const own = await open({ origin: network.url });
  own.socket.terminate();
});

it("drops a client that does not read", async () => {
  const { hostname, port } = new URL(network.url);
  const { genesis } = await call(network.url, "genesis", {});
  const socket = connect(Number(port), hostname);
  const gone = new Promise((resolve) => {
    socket.once("close", resolve);
  });
  socket.on("error", () => undefined);
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${"A".repeat(22)}==\r\n\r\n`,
  );
  socket.pause();
  const question = frame('{"jsonrpc":"2.0","id":1,"method":"genesis"}');
  const enough = Math.ceil((24 * 1024 * 1024) / genesis.length);
  const batch = frame(
    `[${Array.from({ length: 50 }, () => '{"jsonrpc":"2.0","id":1,"method":"genesis"}').join()}]`,
  );
  expect(question.length).toBeLessThan(batch.length);
  for (let sent = 0; sent < enough && !socket.destroyed; sent += 50) {
    socket.write(batch);
    await new Promise((next) => setTimeout(next, 2));
  }
  socket.resume();
  await gone;
  expect(await call(network.url, "status", {})).toMatchObject({ chainName: "local" });
});

/** A masked text frame; the mask is zero. */
function frame(text: string): Uint8Array {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = 0x81;
  head[1] = 0x80 | 126;
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}
