import type { Server } from "node:http";
import type { Socket } from "node:net";
import { bytesToHex, CodedError } from "@ropenet/protocol";
import Koa from "koa";
import helmet from "koa-helmet";
import type { Logger } from "pino";
import { collectDefaultMetrics, Histogram, Registry } from "prom-client";
import { createRoutes, type RouteParts, refuseOtherMethods } from "./api/routes.ts";
import { serveConsole } from "./console.ts";
import { isDatabaseAway } from "./store/database.ts";

export interface HubOptions {
  readonly port: number;
  /** built console; absent = API only */
  readonly consoleDirectory: string | undefined;
}

const STATUS_OF: ReadonlyMap<string, number> = new Map([
  ["hub/bad-query", 400],
  ["hub/unknown-transfer", 404],
  ["hub/unknown-chain", 404],
  ["hub/unknown-transaction", 404],
  ["hub/unknown-route", 404],
  ["hub/wrong-method", 405],
  ["hub/too-many-streams", 429],
  ["hub/database-away", 503],
  ["rpc/unreachable", 503],
  ["adapter/unreachable", 503],
]);

function operands(error: CodedError): unknown {
  const text = JSON.stringify(error.info, (_, value: unknown) => {
    if (typeof value === "bigint") return String(value);
    return value instanceof Uint8Array ? bytesToHex(value) : value;
  });
  return JSON.parse(text);
}

/** The one funnel: a coded error is an answer, anything else is logged and shows nothing. */
function errorFunnel(logger: Logger): Koa.Middleware {
  return async (context, next) => {
    try {
      await next();
      if (context.status === 404 && !context.body)
        throw new CodedError({ code: "hub/unknown-route", path: context.path });
    } catch (thrown) {
      const error = isDatabaseAway(thrown)
        ? new CodedError({ code: "hub/database-away" }, { cause: thrown })
        : thrown;
      if (error instanceof CodedError) {
        context.status = STATUS_OF.get(error.code) ?? 502;
        context.body = { error: operands(error) };
      } else {
        logger.error({ err: error }, "request failed");
        context.status = 500;
        context.body = { error: { code: "hub/internal" } };
      }
    }
  };
}

/** What is no HTTP, or too long a head, comes before any route: it gets a code like everything else. */
function refuseBadHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return;
  const isLong = error.code === "HPE_HEADER_OVERFLOW";
  const body = JSON.stringify({ error: { code: "hub/bad-http", reason: error.code ?? "" } });
  const head = [
    `HTTP/1.1 ${isLong ? "431 Request Header Fields Too Large" : "400 Bad Request"}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** Beyond helmet's defaults. */
const PAGE_POLICY = {
  // Served over plain HTTP on the loopback: an upgrade to https would break the page's own assets.
  upgradeInsecureRequests: null,
  "style-src": ["'self'", "'unsafe-inline'"],
  // The verifier that runs in the browser is WebAssembly.
  "script-src": ["'self'", "'wasm-unsafe-eval'"],
};

/** @throws {CodedError} `hub/wrong-method`, `hub/bad-query` */
function assertPlainRead(context: Koa.Context): void {
  const { method, search } = context;
  const allow = "HEAD, GET";
  if (method !== "GET" && method !== "HEAD") {
    context.set("allow", allow);
    throw new CodedError({ code: "hub/wrong-method", method, allow });
  }
  if (search !== "")
    throw new CodedError({ code: "hub/bad-query", field: search, reason: "takes no parameter" });
}

function metricsMiddleware(): Koa.Middleware {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const seconds = new Histogram({
    name: "hub_request_seconds",
    help: "time to answer",
    labelNames: ["status"],
    registers: [registry],
  });
  return async (context, next) => {
    if (context.path === "/metrics") {
      assertPlainRead(context);
      context.type = registry.contentType;
      context.body = await registry.metrics();
      return;
    }
    const end = seconds.startTimer();
    await next();
    end({ status: String(context.status) });
  };
}

export interface Hub {
  readonly port: number;
  close(): Promise<void>;
}

export async function startHub(
  options: HubOptions,
  parts: RouteParts & { readonly logger: Logger },
): Promise<Hub> {
  const app = new Koa();
  app.on("error", (error: NodeJS.ErrnoException) => {
    if (
      error.code !== "ECONNRESET" &&
      error.code !== "EPIPE" &&
      error.code !== "ERR_STREAM_PREMATURE_CLOSE"
    ) {
      parts.logger.warn({ err: error }, "connection error");
    }
  });
  app.use(errorFunnel(parts.logger));
  app.use(helmet({ contentSecurityPolicy: { directives: PAGE_POLICY } }));
  app.use(metricsMiddleware());
  const router = createRoutes(parts);
  app.use(router.routes()).use(refuseOtherMethods(router));
  if (options.consoleDirectory) app.use(serveConsole(options.consoleDirectory));
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = app.listen(options.port, "127.0.0.1", () => resolve(listening));
    listening.once("error", reject);
    listening.on("clientError", refuseBadHttp);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : options.port,
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
    },
  };
}
