import { AdapterError } from "@ropenet/adapter-sdk";
import { RpcError, TransactionRefused } from "@ropenet/client";

const CHAIN = "rope";

export function waitUntil(code: string, detail: string, afterMs: number): AdapterError {
  return new AdapterError({
    code,
    chain: CHAIN,
    disposition: { kind: "wait-until", afterMs },
    detail,
  });
}

/** Says once whether trying again can help; the queue obeys. Broken invariants pass through. */
export function classifyError(error: unknown): Error {
  if (error instanceof AdapterError) return error;
  if (error instanceof TransactionRefused) {
    const retryable = error.code === "wallet/not-included" || error.code.startsWith("client/");
    return new AdapterError(
      {
        code: error.code,
        chain: CHAIN,
        disposition: { kind: retryable ? "retryable" : "permanent" },
        detail: error.message,
      },
      { cause: error },
    );
  }
  if (error instanceof RpcError) {
    return new AdapterError(
      { code: error.code, chain: CHAIN, disposition: { kind: "retryable" }, detail: error.message },
      { cause: error },
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}

export async function classified<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw classifyError(error);
  }
}
