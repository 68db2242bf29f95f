import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAddressList, isAddressRange } from "../../src/rpc/address-list.ts";
import { callsIn, createRateLimit } from "../../src/rpc/rate-limit.ts";
import { createLocalNodes, type LocalNodes } from "../network/local-nodes.ts";

const limited = (code: string) => expect.objectContaining({ code });

describe("one client's share", () => {
  let now = 0;
  const nowMs = () => now;
  const open = (trusted: readonly string[] = []) =>
    createRateLimit({
      perSecond: 10,
      burst: 20,
      maxConnectionsPerClient: 1,
      trusted: createAddressList(trusted),
      nowMs,
    });

  it("is a burst, then what the pace gives back, and nobody else's", () => {
    const limits = open();
    limits.take("10.0.0.1", 20);
    expect(() => limits.take("10.0.0.1", 1)).toThrow(
      expect.objectContaining({ info: { code: "rpc/rate-limited", retryAfterMs: 100 } }),
    );
    limits.take("10.0.0.2", 20);
    now += 500;
    limits.take("10.0.0.1", 5);
    expect(() => limits.take("10.0.0.1", 1)).toThrow(limited("rpc/rate-limited"));
  });

  it("is not had twice by writing an address otherwise, nor by another address of one network", () => {
    const limits = open();
    limits.take("::ffff:10.0.0.1", 20);
    expect(() => limits.take("10.0.0.1", 1)).toThrow(limited("rpc/rate-limited"));
    limits.take("2001:db8:1:2::1", 20);
    expect(() => limits.take("2001:db8:1:2:ffff::9", 1)).toThrow(limited("rpc/rate-limited"));
    limits.take("2001:db8:1:3::1", 20);
  });

  it("does not count whom the operator trusts", () => {
    const limits = open(["127.0.0.0/8", "::1", "10.1.0.0/16"]);
    for (const address of ["127.0.0.1", "::ffff:127.0.0.5", "::1", "10.1.2.3"]) {
      limits.take(address, 1_000);
    }
    expect(limits.size).toBe(0);
  });

  it("remembers a bounded number of clients", () => {
    const limits = open();
    for (let index = 0; index < 20_000; index += 1) {
      limits.take(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, 1);
    }
    expect(limits.size).toBe(10_000);
  });
});

it("counts the calls of a body without parsing it, never fewer than half", () => {
  const one = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "status", params: {} });
  expect(callsIn(one, 50)).toBe(1);
  expect(callsIn(`[${Array.from({ length: 50 }, () => one).join(",")}]`, 50)).toBe(50);
  expect(callsIn('[{"method":"status"},{"method":"status"}]', 50)).toBe(1);
  expect(callsIn("7", 50)).toBe(1);
  expect(callsIn("{".repeat(1_000_000), 50)).toBe(50);
});

it("knows addresses and ranges, and nothing else", () => {
  for (const good of ["10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"]) {
    expect(isAddressRange(good)).toBe(true);
  }
  for (const bad of ["10.0.0.0/33", "localhost", "", "10.0.0", "fd00::/129", "1.2.3.4/"]) {
    expect(isAddressRange(bad)).toBe(false);
  }
});

describe("a node that trusts nobody", () => {
  let nodes: LocalNodes;
  let url = "";
  beforeAll(async () => {
    nodes = await createLocalNodes();
    nodes.configure(0, {
      rpc: {
        port: nodes.home(0).rpcPort,
        rateLimit: { perSecond: 5, burst: 20, maxConnections: 4, trusted: [] },
      },
    });
    url = nodes.url(0);
    await nodes.start(0);
  });
  afterAll(() => nodes.close());

  const status = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "status", params: {} });
  const post = (body: string) =>
    fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const raw = (text: string): Promise<Socket> =>
    new Promise((resolve) => {
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname, () => {
        socket.write(text);
        resolve(socket);
      });
      socket.on("error", () => undefined);
    });
  const endOf = (socket: Socket) =>
    new Promise<number>((resolve) => {
      const beganMs = Date.now();
      socket.on("close", () => resolve(Date.now() - beganMs));
      socket.resume();
    });

  it("answers a flood with 429 and serves again afterwards", async () => {
    const answers: number[] = [];
    for (let turn = 0; turn < 40; turn += 1) answers.push((await post(status)).status);
    expect(answers.slice(0, 15)).toEqual(Array.from({ length: 15 }, () => 200));
    expect(answers).toContain(429);
    await new Promise((next) => setTimeout(next, 1_200));
    expect((await post(status)).status).toBe(200);
  });

  it("charges a WebSocket like a request", async () => {
    const socket = new WebSocket(url.replace("http", "ws"));
    await new Promise((next) => socket.addEventListener("open", next));
    const codes: unknown[] = [];
    const refused = new Promise<void>((done) => {
      socket.addEventListener("message", ({ data }) => {
        const { error } = JSON.parse(String(data));
        if (error) codes.push(error.data.code);
        if (error) done();
        else socket.send(status);
      });
    });
    socket.send(status);
    await refused;
    expect(codes).toEqual(["rpc/rate-limited"]);
    socket.close();
  });

  it("lets slow-loris sockets hold nothing: too many are closed at once, the rest in seconds", async () => {
    const slow = await Promise.all(
      Array.from({ length: 12 }, () => raw("POST / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")),
    );
    const lasted = await Promise.all(slow.map(endOf));
    expect(lasted.filter((ms) => ms < 1_500).length).toBeGreaterThanOrEqual(8);
    expect(Math.max(...lasted)).toBeLessThan(9_000);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  }, 20_000);
});
