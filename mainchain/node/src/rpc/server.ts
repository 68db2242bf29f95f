import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { CodedError } from "@ropenet/protocol";
import type { Logger } from "pino";
import { crash } from "../crash.ts";
import type { CommittedBlock } from "../engine/ledger.ts";
import { listen } from "../listen.ts";
import { assertAccess } from "./access.ts";
import { createAnswerBudget } from "./answer-budget.ts";
import { createBlockFeed } from "./block-feed.ts";
import { createDispatcher, type DispatcherComponents, failure, MAX_BATCH } from "./dispatch.ts";
import { RpcError } from "./errors.ts";
import type { RpcHandlers } from "./methods.ts";
import {
  createOperatorPages,
  JSON_TYPE,
  type OperatorSources,
  type Page,
} from "./operator-pages.ts";
import { callsIn, type RateLimit } from "./rate-limit.ts";
import { createBodyReader } from "./request-body.ts";
import { createWebSocketEndpoint } from "./websocket.ts";

export interface RpcServerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly maxSubscriptions: number;
}

export interface RpcComponents {
  readonly handlers: RpcHandlers;
  readonly foresee: DispatcherComponents["foresee"];
  readonly operator: OperatorSources;
  readonly limits: RateLimit;
  readonly onRefused: (code: string) => void;
  readonly logger: Logger;
}

/** JSON-RPC 2.0 by POST and by WebSocket, and what an operator's tools read, on one port. */
export interface RpcServer {
  /** @throws {NodeError} `node/port-busy`, `node/cannot-listen` */
  start(): Promise<void>;
  /** tells subscribers */
  publish(block: CommittedBlock): void;
  close(): Promise<void>;
}

/** Whoever takes longer for a request than this is not asking but occupying. */
const TIMES = {
  headersTimeout: 5_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
/** A connection on which nothing moves, be it a slow reader's. */
const IDLE_MS = 30_000;
/** The only one that JSON has between programs. */
const UTF_8 = /^charset="?utf-?8"?$/;
const MAX_HEADER_BYTES = 8 * 1024;
/** What is no HTTP, or too long a head, gets a code like everything else. */
function clientError(error: NodeJS.ErrnoException): string {
  const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
  const body = failure(new RpcError({ code: "rpc/bad-http", reason: error.code ?? "" }));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    `Content-Type: ${JSON_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}

const STATUS: Readonly<Record<string, number>> = {
  "rpc/unknown-route": 404,
  "rpc/wrong-verb": 405,
  "rpc/wrong-content-type": 415,
  "rpc/body-too-long": 413,
  "rpc/too-busy": 503,
  "rpc/wrong-host": 403,
  "rpc/wrong-origin": 403,
  "rpc/not-allowed": 403,
  "rpc/rate-limited": 429,
};

export function createRpcServer(options: RpcServerOptions, parts: RpcComponents): RpcServer {
  const dispatcher = createDispatcher(parts.handlers, parts);
  const bodies = createBodyReader();
  const feed = createBlockFeed();
  const { maxConnections, maxSubscriptions } = options;
  // The other half stays for those who ask and leave.
  const maxClients = Math.ceil(maxConnections / 2);
  const { limits, onRefused } = parts;
  const admit = (address: string | undefined, text: string): void =>
    limits.take(address, callsIn(text, MAX_BATCH));
  const sockets = createWebSocketEndpoint(
    { maxClients, maxSubscriptions },
    { dispatcher, feed, admit },
  );
  const budget = createAnswerBudget();
  const pages = createOperatorPages(parts.operator);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      assertAccess(request, options.host);
      budget.assertRoom();
      const page = await route(request);
      if (page === undefined) {
        response.writeHead(204).end();
        return;
      }
      budget.charge(response, request.socket, Buffer.byteLength(page.body));
      reply(response, page);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      onRefused(error.code);
      // The rest of a refused body is not read.
      response.shouldKeepAlive = false;
      reply(response, { status: statusOf(error), type: JSON_TYPE, body: failure(error) });
    }
  }

  async function route(request: IncomingMessage): Promise<Page | undefined> {
    const { method: verb = "", url: path = "", socket } = request;
    const page = await pages.answer(request);
    if (page) return page;
    assertRoute(path);
    if (verb !== "POST") throw new RpcError({ code: "rpc/wrong-verb", verb, allowed: "POST" });
    assertJson(request);
    const text = await bodies.read(request);
    if (text === undefined) return undefined;
    admit(socket.remoteAddress, text);
    const body = await dispatcher.answer(text);
    return body === undefined ? undefined : { status: 200, type: JSON_TYPE, body };
  }

  const server = createServer(
    { ...TIMES, maxHeaderSize: MAX_HEADER_BYTES },
    (request, response) => {
      answer(request, response).catch(crash);
    },
  );
  server.maxConnections = maxConnections;
  server.setTimeout(IDLE_MS);
  server.on("connection", (socket) => {
    if (limits.admit(socket)) return;
    onRefused("rpc/too-many-connections");
    socket.destroy();
  });
  server.on("clientError", (error, socket) => socket.end(clientError(error)));
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    try {
      assertAccess(request, options.host);
      assertRoute(request.url ?? "");
      sockets.upgrade(request, socket, head);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      refuseUpgrade(socket, error);
    }
  });

  return {
    start: () => listen(server, { what: "rpc", host: options.host, port: options.port }),
    publish: feed.publish,
    async close(): Promise<void> {
      sockets.close();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A page of another site can send a form's types without asking, but not this one. */
function assertJson({ headers }: IncomingMessage): void {
  const expected = JSON_TYPE;
  const [type, ...parameters] = (headers["content-type"] ?? "")
    .split(";")
    .map((part) => part.trim().toLowerCase());
  const charsets = parameters.filter((one) => one.startsWith("charset="));
  if (type !== expected || !charsets.every((one) => UTF_8.test(one))) {
    throw new RpcError({ code: "rpc/wrong-content-type", expected });
  }
}

function assertRoute(path: string): void {
  if (path !== "/") throw new RpcError({ code: "rpc/unknown-route", route: path.slice(0, 100) });
}

function reply(response: ServerResponse, { status, type, body }: Page): void {
  response
    .writeHead(status, {
      "content-type": type,
      "content-length": Buffer.byteLength(body),
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    })
    .end(body);
}

/** Answers an upgrade that is not wanted and closes the socket. */
function refuseUpgrade(socket: Duplex, error: CodedError): void {
  const body = failure(error);
  const status = statusOf(error);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}`,
      "Connection: close",
      `Content-Type: ${JSON_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n"),
  );
}

function statusOf({ code }: CodedError): number {
  return STATUS[code] ?? 400;
}
