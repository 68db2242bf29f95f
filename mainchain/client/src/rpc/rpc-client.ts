import { concatBytes } from "@ropenet/protocol";
import { RpcError } from "./rpc-error.ts";
import type { RpcMethods } from "./rpc-methods.ts";

export interface RpcClient {
  /** of the node that is asked next */
  readonly url: string;
  /** how many there are behind this client */
  readonly nodes: number;
  /** What the node at `url` said did not hold: if there is another, that one is asked next. */
  turnFrom(url: string): void;
  /** @throws {RpcError} */
  call<M extends keyof RpcMethods>(
    method: M,
    params: RpcMethods[M]["params"],
    signal?: AbortSignal,
  ): Promise<RpcMethods[M]["result"]>;
}

interface Answer {
  readonly result?: unknown;
  readonly error?: {
    readonly message?: string;
    readonly data?: { readonly code?: string; readonly operands?: unknown };
  };
}

/** Twice the longest that a node gives, a batch; more is no answer but an attempt on this process. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

async function textOf({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body ?? []) {
    length += part.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`more than ${MAX_ANSWER_BYTES} bytes`);
    parts.push(part);
  }
  return new TextDecoder().decode(concatBytes(...parts));
}

async function post(url: string, body: string, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal,
    });
    return JSON.parse(await textOf(response)) as Answer;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new RpcError({ code: "rpc/unreachable", url, detail }, { cause });
  }
}

/** JSON-RPC 2.0 over HTTP to one node of the rope. */
export function createRpcClient(
  url: string,
  options: { readonly timeoutMs?: number } = {},
): RpcClient {
  const timeoutMs = options.timeoutMs ?? 10_000;
  let nextId = 1;
  return {
    url,
    nodes: 1,
    turnFrom: () => undefined,
    async call(method, params, signal): Promise<never> {
      const id = nextId;
      nextId += 1;
      const deadline = AbortSignal.timeout(timeoutMs);
      const answer = await post(
        url,
        JSON.stringify({ jsonrpc: "2.0", id, method, params }),
        signal ? AbortSignal.any([signal, deadline]) : deadline,
      );
      if (typeof answer !== "object" || answer === null) {
        throw new RpcError({ code: "rpc/bad-answer", url, method, detail: "no JSON-RPC object" });
      }
      if (answer.error) {
        const { data, message } = answer.error;
        throw new RpcError(
          { code: codeOf(data?.code), url, method, operands: data?.operands ?? {} },
          { message: String(message ?? "refused") },
        );
      }
      if (answer.result === undefined) {
        throw new RpcError({ code: "rpc/bad-answer", url, method, detail: "no result" });
      }
      const wrong = misshapen(method, answer.result);
      if (wrong !== undefined) {
        throw new RpcError({ code: "rpc/bad-answer", url, method, detail: wrong });
      }
      return answer.result as never;
    },
  };
}

/** A node's codes are its own words: only what can be a code is passed on as one. */
function codeOf(code: unknown): string {
  return typeof code === "string" && /^[a-z0-9-]+\/[a-z0-9-]+$/.test(code) ? code : "rpc/refused";
}

/** What callers decode right away, by method. */
const TEXTS: { readonly [M in keyof RpcMethods]?: readonly string[] } = {
  genesis: ["genesis"],
  signed_header: ["header", "commit", "validators"],
  state: ["proof"],
  account: ["nonce", "pendingNonce", "balance"],
  broadcast_tx: ["id"],
  tx: ["height"],
  status: ["height", "chainName", "timeMs"],
  checkpoint: ["height", "checkpoint", "signerSet"],
};

/** The field of an answer that is missing or no text; undefined if all are there. */
function misshapen(method: keyof RpcMethods, result: unknown): string | undefined {
  if (typeof result !== "object" || result === null) return "no object";
  const fields = result as Record<string, unknown>;
  const missing = TEXTS[method]?.find((name) => typeof fields[name] !== "string");
  if (missing !== undefined) return `${missing} is no text`;
  if (method === "state" && fields["value"] !== null && typeof fields["value"] !== "string") {
    return "value is neither text nor null";
  }
  if (method === "status" && !Array.isArray(fields["validators"])) return "validators is no list";
  return undefined;
}
