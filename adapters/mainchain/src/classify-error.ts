import { AdapterError, type AdapterErrorInfo, type Disposition } from "@ropenet/adapter-sdk";
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

/** Refusals of a single item: of its proof, its shape, or its place; and of what is too much at once. */
const ABOUT_ITEMS =
  /^(?:(?:packet|proof|transfers?|asset|credential|codec)\/|fee\/limit-exceeded$|(?:mempool\/|rpc\/body-)too-long$)/;

/** `chain/not-active`: of a suspended strand the rope takes only what ends things that are under way. */
function aboutOf(code: string): Pick<AdapterErrorInfo, "about"> {
  if (code === "chain/not-active") return { about: "packets" };
  return ABOUT_ITEMS.test(code) ? { about: "items" } : {};
}

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
      { code, chain: CHAIN, disposition: dispositionOf(code), ...aboutOf(code), detail: message },
      { cause: error },
    );
  }
  if (error instanceof RpcError) {
    const { code, message: detail } = error;
    return new AdapterError(
      { code, chain: CHAIN, disposition: { kind: "retryable" }, ...aboutOf(code), detail },
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
