import { CodedError } from "@ropenet/protocol";

export type EvmRpcErrorInfo =
  | { readonly code: "evm/unreachable"; readonly url: string; readonly reason: string }
  | {
      readonly code: "evm/rpc-error";
      readonly method: string;
      readonly rpcCode: number;
      readonly reason: string;
      /** ABI-encoded revert, where there was one */
      readonly data: string | undefined;
    };

export class EvmRpcError extends CodedError<EvmRpcErrorInfo> {}

export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** JSON-RPC of one node. Written out because no client library lets a call be aborted. */
export interface EvmRpc {
  readonly url: string;
  /** @throws {EvmRpcError} */
  call<T>(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<T>;
  /** One HTTP request for up to MAX_BATCH_CALLS calls each; one failing call fails the whole. */
  batch<T>(calls: readonly RpcCall[], signal?: AbortSignal): Promise<readonly T[]>;
}

interface RpcAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** Too many requests, or a proxy before a node that is down: no answer of the node, whatever the body looks like. */
const isRefusedByServer = (status: number): boolean => status === 429 || status >= 500;
/** A node that has not answered by then is as good as gone; the queue tries again. */
const REQUEST_TIMEOUT_MS = 15_000;
export const MAX_BATCH_CALLS: 100 = 100;

function unreachable(url: string, cause: unknown): EvmRpcError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EvmRpcError({ code: "evm/unreachable", url, reason }, { cause });
}

function resultOf<T>(method: string, answer: RpcAnswer): T {
  const { error } = answer;
  if (!error) return answer.result as T;
  const data = typeof error.data === "string" ? error.data : undefined;
  throw new EvmRpcError({
    code: "evm/rpc-error",
    method,
    rpcCode: error.code,
    reason: error.message,
    data,
  });
}

async function post(url: string, body: unknown, signal: AbortSignal | undefined): Promise<unknown> {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (isRefusedByServer(response.status)) throw new Error(`HTTP ${response.status}`);
    return await response.json();
  } catch (cause) {
    signal?.throwIfAborted();
    throw unreachable(url, cause);
  }
}

export function createEvmRpc(url: string): EvmRpc {
  let nextId = 1;
  const envelope = ({ method, params }: RpcCall): object => {
    const id = nextId;
    nextId += 1;
    return { jsonrpc: "2.0", id, method, params };
  };

  async function batchOnce<T>(calls: readonly RpcCall[], signal?: AbortSignal): Promise<T[]> {
    const firstId = nextId;
    const answers = await post(url, calls.map(envelope), signal);
    if (!Array.isArray(answers)) throw unreachable(url, "no batch answer");
    const byId = new Map((answers as RpcAnswer[]).map((answer) => [answer.id, answer]));
    return calls.map(({ method }, index) => {
      const answer = byId.get(firstId + index);
      if (!answer) throw unreachable(url, "incomplete batch answer");
      return resultOf<T>(method, answer);
    });
  }

  return {
    url,
    async call<T>(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<T> {
      const answer = (await post(url, envelope({ method, params }), signal)) as RpcAnswer;
      return resultOf<T>(method, answer);
    },
    async batch<T>(calls: readonly RpcCall[], signal?: AbortSignal): Promise<readonly T[]> {
      const results: T[] = [];
      for (let from = 0; from < calls.length; from += MAX_BATCH_CALLS) {
        const chunk = calls.slice(from, from + MAX_BATCH_CALLS);
        results.push(...(await batchOnce<T>(chunk, signal)));
      }
      return results;
    },
  };
}

/** JSON-RPC quantity. */
export function toQuantity(value: bigint): string {
  return `0x${value.toString(16)}`;
}
