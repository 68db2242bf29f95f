import { CodedError, concatBytes } from "@ropenet/protocol";
import { RpcError } from "./rpc-error.ts";
import type { RpcMethods } from "./rpc-methods.ts";

export interface RpcClient {
  /** of the node that is asked next */
  readonly url: string;
  /** how many nodes there are to ask */
  readonly endpoints: number;
  /** What this node said does not hold: the next call goes to another one. */
  passOn(): void;
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

/** Several times the longest that an honest node gives: a block of 3 MiB in hex. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** A lying node may go on for ever. */
async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(concatBytes(...chunks));
}

async function post(url: string, body: string, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal,
    });
    return JSON.parse(await readText(response)) as Answer;
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
    endpoints: 1,
    passOn: () => undefined,
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

const IS_NO_ANSWER: ReadonlySet<string> = new Set(["rpc/unreachable", "rpc/bad-answer"]);

/** The first endpoint that answers; a validator that is down, or talks nonsense, must not stop a reader. */
export function createFailoverRpcClient(
  urls: readonly string[],
  options: { readonly timeoutMs?: number } = {},
): RpcClient {
  const clients = urls.map((url) => createRpcClient(url, options));
  let current = 0;
  const passOn = (): void => {
    current = (current + 1) % clients.length;
  };
  return {
    get url(): string {
      return urls[current] ?? "";
    },
    endpoints: clients.length,
    passOn,
    async call(method, params, signal): Promise<never> {
      let last: unknown;
      for (let attempt = 0; attempt < clients.length; attempt += 1) {
        const client = clients[current];
        try {
          return (await client?.call(method, params, signal)) as never;
        } catch (error) {
          const isRefusal = !(error instanceof RpcError) || !IS_NO_ANSWER.has(error.code);
          if (isRefusal || signal?.aborted) throw error;
          last = error;
          passOn();
        }
      }
      throw last;
    },
  };
}

/**
 * Asks one node after the other until what one of them says holds: `work` throws a CodedError where it does not. A
 * node's own refusal is its answer.
 * @throws the last error when every node has been asked once
 */
export async function askEach<T>(rpc: RpcClient, work: () => Promise<T>): Promise<T> {
  for (let asked = 1; ; asked += 1) {
    try {
      return await work();
    } catch (error) {
      const isLie = error instanceof CodedError && !(error instanceof RpcError);
      if (!isLie || asked >= rpc.endpoints) throw error;
      rpc.passOn();
    }
  }
}
