import { setImmediate as nextTurn } from "node:timers/promises";
import { CodedError, hexToBytes } from "@ropenet/protocol";
import type { Logger } from "pino";
import type { z } from "zod";
import { type ErrorJson, RpcError, toErrorJson } from "./errors.ts";
import type { PlainMethod, RpcHandlers } from "./methods.ts";
import { type RpcMethod, type RpcMethods, rpcParams } from "./schema.ts";

export const MAX_BATCH = 50;
/** A batch of the longest answers would be hundreds of megabytes; the longest single one, a block, is eight. */
const MAX_BATCH_ANSWER = 16 * 1024 * 1024;
/** Transactions whose signatures are checked together, within a millisecond. */
const FORESEEN = 32;
const MAX_ID_LENGTH = 128;
const MAX_METHOD_LENGTH = 64;
/** Of a client's own words in what it is told. */
const MAX_SHOWN = 100;

type Id = string | number | null;

interface Answer {
  readonly jsonrpc: "2.0";
  readonly id: Id;
  readonly result?: unknown;
  readonly error?: ErrorJson;
}

interface Call {
  /** undefined = a notification, which gets no answer */
  readonly id: Id | undefined;
  readonly method: string;
  readonly params: unknown;
}

/** Only connections that stay can subscribe. @throws {RpcError} */
export type Subscribe = (
  params: RpcMethods["subscribe"]["params"],
) => RpcMethods["subscribe"]["result"];

/** JSON-RPC 2.0 without its transport. */
export interface Dispatcher {
  /** Never rejects for what a client sent; undefined if nothing is to be answered. */
  answer(text: string, subscribe?: Subscribe): Promise<string | undefined>;
}

export interface DispatcherComponents {
  readonly logger: Logger;
  /** told of the transactions of a batch before they are submitted one by one */
  readonly foresee: (transactions: readonly Uint8Array[]) => void;
}

export function createDispatcher(
  handlers: RpcHandlers,
  components: DispatcherComponents,
): Dispatcher {
  const { logger, foresee } = components;

  function run(call: Call, subscribe: Subscribe | undefined): unknown {
    const { method } = call;
    if (!isMethod(method)) throw new RpcError({ code: "rpc/unknown-method", method });
    const parsed = rpcParams[method].safeParse(call.params ?? {});
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const operand = operandOf(issue);
      const detail = issue?.message.slice(0, MAX_SHOWN) ?? "invalid";
      throw new RpcError({ code: "rpc/bad-params", method, operand, detail });
    }
    if (method === "subscribe") {
      if (!subscribe) throw new RpcError({ code: "rpc/websocket-only", method });
      return subscribe(parsed.data as RpcMethods["subscribe"]["params"]);
    }
    const handler = handlers[method] as (params: unknown) => RpcMethods[PlainMethod]["result"];
    return handler(parsed.data);
  }

  function answerOne(request: unknown, subscribe: Subscribe | undefined): Answer | undefined {
    let call: Call | undefined;
    try {
      call = readCall(request);
      const result = run(call, subscribe);
      return call.id === undefined ? undefined : { jsonrpc: "2.0", id: call.id, result };
    } catch (error) {
      if (call && call.id === undefined) return undefined;
      const id = call?.id ?? idOf(request);
      return { jsonrpc: "2.0", id, error: toErrorJson(coded(error, logger)) };
    }
  }

  async function answerBatch(
    requests: readonly unknown[],
    subscribe: Subscribe | undefined,
  ): Promise<string | undefined> {
    const answers: string[] = [];
    let length = 0;
    for (const [index, request] of requests.entries()) {
      if (index % FORESEEN === 0) foresee(transactionsOf(requests.slice(index, index + FORESEEN)));
      const answer =
        length > MAX_BATCH_ANSWER ? tooLong(request, length) : answerOne(request, subscribe);
      if (answer) {
        const text = JSON.stringify(answer);
        length += text.length;
        answers.push(text);
      }
      // Votes may not wait behind fifty questions.
      await nextTurn();
    }
    return answers.length === 0 ? undefined : `[${answers.join(",")}]`;
  }

  return {
    async answer(text, subscribe): Promise<string | undefined> {
      const parsed = parse(text);
      if (parsed instanceof RpcError) return failure(parsed);
      if (!Array.isArray(parsed)) return stringify(answerOne(parsed, subscribe));
      if (parsed.length === 0) {
        return failure(
          new RpcError({ code: "rpc/bad-request", operand: "", detail: "empty batch" }),
        );
      }
      if (parsed.length > MAX_BATCH) {
        const { length } = parsed;
        return failure(new RpcError({ code: "rpc/batch-too-long", length, limit: MAX_BATCH }));
      }
      return answerBatch(parsed, subscribe);
    },
  };
}

function transactionsOf(requests: readonly unknown[]): readonly Uint8Array[] {
  return requests.flatMap((request) => {
    const { method, params } = (request ?? {}) as { method?: unknown; params?: unknown };
    if (method !== "broadcast_tx") return [];
    const parsed = rpcParams.broadcast_tx.safeParse(params);
    return parsed.success ? [hexToBytes(parsed.data.tx)] : [];
  });
}

/** The body of an answer that belongs to no call. */
export function failure(error: CodedError): string {
  const answer: Answer = { jsonrpc: "2.0", id: null, error: toErrorJson(error) };
  return JSON.stringify(answer);
}

function tooLong(request: unknown, bytes: number): Answer {
  const error = new RpcError({ code: "rpc/answer-too-long", bytes, limit: MAX_BATCH_ANSWER });
  return { jsonrpc: "2.0", id: idOf(request), error: toErrorJson(error) };
}

function stringify(answer: Answer | undefined): string | undefined {
  return answer && JSON.stringify(answer);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return new RpcError({ code: "rpc/bad-json" }, { cause });
  }
}

const isMethod = (name: string): name is RpcMethod => Object.hasOwn(rpcParams, name);

/** What of the parameters is wrong: also one that nobody knows. */
function operandOf(issue: z.core.$ZodIssue | undefined): string {
  if (!issue) return "";
  const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  return [...issue.path, ...unknown].join(".").slice(0, MAX_SHOWN);
}

/** @throws {RpcError} `rpc/bad-request` */
function readCall(request: unknown): Call {
  const { jsonrpc, method, params, id: _, ...rest } = fieldsOf(request);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw bad(unknown.slice(0, MAX_SHOWN), "no member of a request");
  if (jsonrpc !== "2.0") throw bad("jsonrpc", 'must be "2.0"');
  if (typeof method !== "string" || method.length > MAX_METHOD_LENGTH) {
    throw bad("method", `a string of at most ${MAX_METHOD_LENGTH} characters`);
  }
  const isNotification = !Object.hasOwn(request as object, "id");
  const id = idOf(request);
  if (!isNotification && id === null && fieldsOf(request)["id"] !== null) {
    const kinds = `an integer below 2^53, null or a string of at most ${MAX_ID_LENGTH} characters`;
    throw bad("id", kinds);
  }
  return { id: isNotification ? undefined : id, method, params };
}

function fieldsOf(request: unknown): Record<string, unknown> {
  if (typeof request !== "object" || request === null || Array.isArray(request)) {
    throw bad("", "a JSON-RPC 2.0 request object");
  }
  return request as Record<string, unknown>;
}

function idOf(request: unknown): Id {
  const id = (request as { readonly id?: unknown } | null)?.id;
  // Any other number might come back as another one than was sent.
  if (typeof id === "number") return Number.isSafeInteger(id) && !Object.is(id, -0) ? id : null;
  return typeof id === "string" && id.length <= MAX_ID_LENGTH ? id : null;
}

function bad(operand: string, detail: string): RpcError {
  return new RpcError({ code: "rpc/bad-request", operand, detail });
}

/** What is no refusal is a fault of this program: it is logged here and not explained to strangers. */
function coded(error: unknown, logger: Logger): CodedError {
  if (error instanceof CodedError) return error;
  logger.error({ err: error }, "RPC method failed");
  return new RpcError({ code: "rpc/internal" }, { cause: error });
}
