import { RpcError } from "./rpc-error.ts";
import type { RpcMethods } from "./rpc-methods.ts";

export interface RpcClient {
  readonly url: string;
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

async function post(url: string, body: string, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal,
    });
    return (await response.json()) as Answer;
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
    async call(method, params, signal): Promise<never> {
      const id = nextId;
      nextId += 1;
      const deadline = AbortSignal.timeout(timeoutMs);
      const answer = await post(
        url,
        JSON.stringify({ jsonrpc: "2.0", id, method, params }),
        signal ? AbortSignal.any([signal, deadline]) : deadline,
      );
      if (answer.error) {
        const { data, message } = answer.error;
        throw new RpcError(
          { code: data?.code ?? "rpc/refused", url, method, operands: data?.operands ?? {} },
          { message: message ?? "refused" },
        );
      }
      if (answer.result === undefined) {
        throw new RpcError({ code: "rpc/bad-answer", url, method, detail: "no result" });
      }
      return answer.result as never;
    },
  };
}

/** The first endpoint that answers; a validator that is down must not stop a reader. */
export function createFailoverRpcClient(
  urls: readonly string[],
  options: { readonly timeoutMs?: number } = {},
): RpcClient {
  const clients = urls.map((url) => createRpcClient(url, options));
  let current = 0;
  return {
    get url(): string {
      return urls[current] ?? "";
    },
    async call(method, params, signal): Promise<never> {
      let last: unknown;
      for (let attempt = 0; attempt < clients.length; attempt += 1) {
        const client = clients[current];
        try {
          return (await client?.call(method, params, signal)) as never;
        } catch (error) {
          if (!(error instanceof RpcError) || error.code !== "rpc/unreachable" || signal?.aborted)
            throw error;
          last = error;
          current = (current + 1) % clients.length;
        }
      }
      throw last;
    },
  };
}
