import type { Server } from "node:http";
import Router from "@koa/router";
import type { Rope } from "@ropenet/client";
import { bytesToHex, CodedError, sm2 } from "@ropenet/protocol";
import Koa from "koa";
import type { Pool } from "pg";
import type { Logger } from "pino";
import { checkReservation } from "./check-reservation.ts";
import { askStore, DEPARTMENTS, type DepartmentName } from "./departments.ts";
import { type Answer, type AnswerRequest, answerDigest, answerRequestSchema } from "./request.ts";

export interface AgentOptions {
  readonly department: DepartmentName;
  readonly port: number;
  readonly maxRevocationAgeMs: number;
  /** SM2, 32 bytes: signs the answers */
  readonly secretKey: Uint8Array;
}

export interface AgentParts {
  readonly rope: Rope;
  readonly pool: Pool;
  readonly logger: Logger;
}

const MAX_BODY_BYTES = 256 * 1024;

const LEDGER_TABLE = `CREATE TABLE IF NOT EXISTS agent_answer (
  use_id text PRIMARY KEY, credential_id text NOT NULL, grantee text NOT NULL,
  field text NOT NULL, answer boolean NOT NULL, answered_at timestamptz NOT NULL DEFAULT now())`;

async function readBody(request: Koa.Request): Promise<unknown> {
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
  throw new CodedError({
    code: "agent/bad-request",
    field: issue?.path.join(".") ?? "",
    reason: issue?.message ?? "",
  });
}

/** Answers once per finalised use: the first answer is written before it is sent, and repeated unchanged. */
async function answerOnce(
  request: AnswerRequest,
  options: AgentOptions,
  { pool }: AgentParts,
): Promise<Answer> {
  const department = DEPARTMENTS[options.department];
  const useId = bytesToHex(request.useId);
  const stored = await pool.query<{ answer: boolean }>(
    "SELECT answer FROM agent_answer WHERE use_id = $1",
    [useId],
  );
  let answer = stored.rows[0]?.answer;
  if (answer === undefined) {
    answer = await askStore(pool, department, request.subject);
    await pool.query(
      "INSERT INTO agent_answer (use_id, credential_id, grantee, field, answer) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
      [
        useId,
        bytesToHex(request.credentialId),
        bytesToHex(request.grantee),
        department.field,
        answer,
      ],
    );
  }
  return {
    useId,
    department: options.department,
    field: department.field,
    answer,
    signature: bytesToHex(
      sm2.sign(answerDigest(request.useId, department.field, answer), options.secretKey),
    ),
    agent: bytesToHex(sm2.getPublicKey(options.secretKey)),
  };
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

/** The process beside a data owner's store. The data stay; one proven reservation buys one yes or no. */
export async function startAgent(options: AgentOptions, parts: AgentParts): Promise<Agent> {
  const { rope, pool, logger } = parts;
  await pool.query(DEPARTMENTS[options.department].schema);
  await pool.query(LEDGER_TABLE);
  const app = new Koa();
  app.use(async (context, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof CodedError)) {
        logger.error({ err: error }, "answer failed");
        context.status = 500;
        context.body = { error: { code: "agent/internal" } };
        return;
      }
      logger.info({ code: error.code }, "refused");
      context.status =
        error.code === "agent/bad-request" || error.code === "agent/bad-json" ? 400 : 403;
      context.body = { error: refusal(error) };
    }
  });
  const router = new Router();
  router.get("/health", (context) => {
    context.body = { department: options.department, ok: true };
  });
  router.post("/answer", async (context) => {
    const request = parseRequest(await readBody(context.request));
    await checkReservation(rope, request, {
      maxRevocationAgeMs: options.maxRevocationAgeMs,
      now: Date.now,
    });
    const answer = await answerOnce(request, options, parts);
    logger.info({ useId: answer.useId }, "answered");
    context.body = answer;
  });
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
