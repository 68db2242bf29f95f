import { CodedError } from "@ropenet/protocol";
import { createRpcClient, type RpcClient } from "./rpc-client.ts";
import { RpcError } from "./rpc-error.ts";

/** What a node says of itself rather than of the question: another one may do better. */
const NODE_FAULTS: ReadonlySet<string> = new Set([
  "rpc/unreachable",
  "rpc/bad-answer",
  "rpc/refused",
  "rpc/internal",
  "rpc/too-busy",
  "rpc/rate-limited",
]);

const isNodeFault = (error: unknown): boolean =>
  error instanceof RpcError && NODE_FAULTS.has(error.code);

/**
 * One node after the other: it stays with one until that is down, answers nonsense, or is turned from. A validator that
 * is down or lies must not stop a reader. What a node refuses under a code about the question is the answer.
 */
export function createFailoverRpcClient(
  urls: readonly string[],
  options: { readonly timeoutMs?: number } = {},
): RpcClient {
  const clients = urls.map((url) => createRpcClient(url, options));
  let current = 0;
  const turnFrom = (url: string): void => {
    if (urls[current] === url) current = (current + 1) % clients.length;
  };
  return {
    get url(): string {
      return urls[current] ?? "";
    },
    nodes: clients.length,
    turnFrom,
    async call(method, params, signal): Promise<never> {
      let last: unknown;
      for (let attempt = 0; attempt < clients.length; attempt += 1) {
        const client = clients[current] as RpcClient;
        try {
          return (await client.call(method, params, signal)) as never;
        } catch (error) {
          if (!isNodeFault(error) || signal?.aborted) throw error;
          last = error;
          turnFrom(client.url);
        }
      }
      throw last;
    },
  };
}

/**
 * Does `work`, which asks a node and checks what it hears. Where that does not hold it is done again with another node,
 * with each at most once.
 * @throws the error of the last one asked; a node's refusal at once
 */
export async function askAround<T>(
  rpc: RpcClient,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (let left = rpc.nodes; ; left -= 1) {
    const { url } = rpc;
    try {
      return await work();
    } catch (error) {
      // An RpcError is what the nodes said, each in its turn; every other code is a check that failed.
      const isUnproven = error instanceof CodedError && !(error instanceof RpcError);
      if (isUnproven) rpc.turnFrom(url);
      if (!isUnproven || left <= 1 || signal?.aborted) throw error;
    }
  }
}
