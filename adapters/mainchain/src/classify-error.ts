import { AdapterError, type Disposition } from "@ropenet/adapter-sdk";
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

/** Refusals of a single item: of its proof, its shape, or its place. */
const ABOUT_AN_ITEM = /^(?:packet|proof|transfers?|asset|credential|codec)\//;
/** Refusals that fewer or other items would not meet: a suspended chain's receipts and late packets are still heard. */
const ABOUT_THEIR_KIND_OR_NUMBER: ReadonlySet<string> = new Set([
  "chain/not-active",
  "fee/limit-exceeded",
  "mempool/too-long",
  "rpc/body-too-long",
]);
/** The receipts that tell it are on their way, or will be when the strand's next header is final. */
const EARLY_RETURN_MS = 1_000;

function dispositionOf(code: string): Disposition {
  if (code === "packet/early-return") return { kind: "wait-until", afterMs: EARLY_RETURN_MS };
  const retryable = code === "wallet/not-included" || code.startsWith("client/");
  return { kind: retryable ? "retryable" : "permanent" };
}

/** Says once whether trying again can help; the queue obeys. Broken invariants pass through. */
export function classifyError(error: unknown): Error {
  if (error instanceof AdapterError) return error;
  if (error instanceof TransactionRefused) {
    const { code, message } = error;
    return new AdapterError(
      { code, chain: CHAIN, disposition: dispositionOf(code), detail: message },
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

/** Of a transaction that carries items: the same, and whether the rest of them would pass without some. */
export function classifyDelivery(error: unknown): Error {
  const known = classifyError(error);
  if (!(known instanceof AdapterError)) return known;
  const { code } = known;
  if (!ABOUT_AN_ITEM.test(code) && !ABOUT_THEIR_KIND_OR_NUMBER.has(code)) return known;
  return new AdapterError({ ...known.info, about: "items" }, { cause: error });
}

export async function classified<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw classifyError(error);
  }
}
