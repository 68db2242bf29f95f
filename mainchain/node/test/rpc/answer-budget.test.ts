import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createAnswerBudget } from "../../src/rpc/answer-budget.ts";
import { eventually } from "../network/devnet.ts";

const ANSWER = "x".repeat(4 * 1024 * 1024);
let budget: ReturnType<typeof createAnswerBudget>;
let server: Server;
let answered: number;
beforeEach(async () => {
  answered = 0;
  budget = createAnswerBudget(20 * 1024 * 1024);
  server = createServer((request, response) => {
    answered += 1;
    budget.charge(response, request.socket, ANSWER.length);
    response.end(ANSWER);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});
const port = () => (server.address() as AddressInfo).port;
const hasRoom = () => {
  try {
    budget.assertRoom();
    return true;
  } catch {
    return undefined;
  }
};

it("counts what clients leave unread until they read it or go away", async () => {
  const greedy = Array.from({ length: 8 }, () => {
    const socket = connect(port(), "127.0.0.1").pause();
    // Three requests in one: the later answers wait behind the first.
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3));
    return socket;
  });
  await eventually("the budget to be spent", () => (hasRoom() ? undefined : true));
  expect(answered).toBeGreaterThan(4);
  expect(() => budget.assertRoom()).toThrow(expect.objectContaining({ code: "rpc/too-busy" }));
  for (const socket of greedy) socket.destroy();
  await eventually("room", hasRoom);
});

it("gives room back for every answer that is read", async () => {
  for (let index = 0; index < 8; index += 1) {
    const response = await fetch(`http://127.0.0.1:${port()}`);
    expect(await response.text()).toHaveLength(ANSWER.length);
  }
  await eventually("room", hasRoom);
});
