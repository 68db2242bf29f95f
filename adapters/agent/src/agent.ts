import type { Server } from "node:http";
import Router from "@koa/router";
import type { Rope } from "@ropenet/client";
import { addressOf, bytesToHex, CodedError, sm2 } from "@ropenet/protocol";
import Koa from "koa";
import type { Pool } from "pg";
import type { Logger } from "pino";
import { checkReservation, type DataSet } from "./check-reservation.ts";
import { askStore, DEPARTMENTS, type DepartmentName, type StoreCounters } from "./departments.ts";
import {
  type Answer,
  type AnswerRequest,
  answerDigest,
  answerRequestSchema,
  useOf,
} from "./request.ts";
import { openUseLedger, type UseLedger } from "./use-ledger.ts";

export interface AgentOptions {
  readonly department: DepartmentName;
  readonly port: number;
  readonly maxRevocationAgeMs: number;
  /** the data that it answers from, as credentials must name them */
  readonly dataSet: DataSet;
  /** SM2, 32 bytes: the department's account on the rope, an issuer of what it answers for; signs the answers */
  readonly secretKey: Uint8Array;
}

export interface AgentParts {
  readonly rope: Rope;
  readonly pool: Pool;
  readonly logger: Logger;
  /** milliseconds since 1970; the machine's clock if left out */
  readonly now?: () => number;
}

const MAX_BODY_BYTES = 256 * 1024;

const STATUS_OF: ReadonlyMap<string, number> = new Map([
  ["agent/bad-request", 400],
  ["agent/bad-json", 400],
  ["agent/unknown-parameter", 400],
  ["agent/unknown-route", 404],
  ["agent/wrong-method", 405],
  ["agent/already-answered", 409],
  ["agent/unit-spent", 409],
  ["agent/body-too-large", 413],
  ["agent/wrong-content-type", 415],
  ["agent/busy", 503],
]);

/** Each asks the rope for half a dozen proofs, and may wait a moment for one. */
const MAX_CHECKS = 32;

/** Since the process began. */
interface AgentCounters {
  answers: number;
  refusals: number;
  readonly store: StoreCounters;
}

async function readBody(request: Koa.Request): Promise<unknown> {
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json(; ?charset="?utf-8"?)?$/i.test(type))
    throw new CodedError({ code: "agent/wrong-content-type", type, expected: "application/json" });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.req) {
    length += (chunk as Buffer).length;
    if (length > MAX_BODY_BYTES)
      throw new CodedError({ code: "agent/body-too-large", limit: MAX_BODY_BYTES });
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (cause) {
    throw new CodedError({ code: "agent/bad-json" }, { cause });
  }
}

function parseRequest(body: unknown): AnswerRequest {
  const parsed = answerRequestSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  throw new CodedError({
    code: "agent/bad-request",
    field: [...(issue?.path ?? []), ...unknown].join("."),
    reason: issue?.message ?? "",
  });
}

/** Answers once per finalised use (docs/protocol.md §5): whoever loses the answer reserves another use. */
function answerOnce(
  request: AnswerRequest,
  options: AgentOptions,
  ledger: UseLedger,
  counters: AgentCounters,
): Promise<Answer> {
  const { field } = DEPARTMENTS[options.department];
  return ledger.once(request, async (store) => {
    const department = DEPARTMENTS[options.department];
    const answer = await askStore(store, department, request.subject, counters.store);
    const signature = sm2.sign(answerDigest(useOf(request), field, answer), options.secretKey);
    return {
      useId: bytesToHex(request.useId),
      department: options.department,
      field,
      answer,
      signature: bytesToHex(signature),
      agent: bytesToHex(sm2.getPublicKey(options.secretKey)),
    };
  });
}

export interface Agent {
  readonly port: number;
  close(): Promise<void>;
}

function refusal(error: CodedError): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(error.info, (_, value: unknown) => {
      if (typeof value === "bigint") return String(value);
      return value instanceof Uint8Array ? bytesToHex(value) : value;
    }),
  );
}

/** The one funnel: a coded error is an answer, anything else is logged and shows nothing. */
function errorFunnel(logger: Logger, counters: AgentCounters): Koa.Middleware {
  return async (context, next) => {
    try {
      await next();
      if (context.status === 404 && context.body === undefined)
        throw new CodedError({ code: "agent/unknown-route", path: context.path });
    } catch (error) {
      counters.refusals += 1;
      if (!(error instanceof CodedError)) {
        logger.error({ err: error }, "answer failed");
        context.status = 500;
        context.body = { error: { code: "agent/internal" } };
        return;
      }
      logger.info({ code: error.code }, "refused");
      context.status = STATUS_OF.get(error.code) ?? 403;
      context.body = { error: refusal(error) };
    }
  };
}

function wrongMethod(context: Koa.Context, allow: string): never {
  context.set("allow", allow);
  throw new CodedError({ code: "agent/wrong-method", method: context.method, allow });
}

/** The process beside a data owner's store. The data stay; one proven reservation buys one yes or no. */
export async function startAgent(options: AgentOptions, parts: AgentParts): Promise<Agent> {
  const { rope, pool, logger, now = Date.now } = parts;
  // A database that restarts breaks idle connections; nobody is waiting on those, and the next asker gets a new one.
  const broken = (err: Error): void => logger.warn({ err }, "database connection broke");
  pool.on("error", broken).on("connect", (client) => client.on("error", broken));
  await pool.query(DEPARTMENTS[options.department].schema);
  const ledger = await openUseLedger(pool);
  const counters: AgentCounters = { answers: 0, refusals: 0, store: { verdicts: 0, rows: 0 } };
  const { maxRevocationAgeMs, dataSet } = options;
  const issuer = addressOf(sm2.getPublicKey(options.secretKey));
  const app = new Koa();
  app.use(errorFunnel(logger, counters));
  // No route takes a parameter, and each has one spelling.
  app.use(async ({ search }, next) => {
    if (search !== "") throw new CodedError({ code: "agent/unknown-parameter", search });
    await next();
  });
  const router = new Router({ sensitive: true, strict: true });
  let checks = 0;
  router.get("/health", (context) => {
    context.body = { department: options.department, ok: true };
  });
  router.get("/status", (context) => {
    context.body = { department: options.department, ...counters };
  });
  router.post("/answer", async (context) => {
    const request = parseRequest(await readBody(context.request));
    if (checks >= MAX_CHECKS) throw new CodedError({ code: "agent/busy", limit: MAX_CHECKS });
    checks += 1;
    try {
      await checkReservation(rope, request, { maxRevocationAgeMs, now, issuer, dataSet });
    } finally {
      checks -= 1;
    }
    const answer = await answerOnce(request, options, ledger, counters);
    counters.answers += 1;
    logger.info({ useId: answer.useId }, "answered");
    context.body = answer;
  });
  router.all("/answer", (context) => wrongMethod(context, "POST"));
  router.all(["/health", "/status"], (context) => wrongMethod(context, "GET, HEAD"));
  app.use(router.routes());
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = app.listen(options.port, "127.0.0.1", () => resolve(listening));
    listening.once("error", reject);
    listening.requestTimeout = 10_000;
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : options.port,
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await pool.end();
    },
  };
}
