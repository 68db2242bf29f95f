import { AdapterError, type Disposition } from "@ropenet/adapter-sdk";
import type { CodedError } from "@ropenet/protocol";
import { type RevertInfo, refusalOf } from "../contracts/revert.ts";
import { HeaderError } from "../rpc/header.ts";
import { EvmRpcError } from "../rpc/json-rpc.ts";
import { SenderError } from "../rpc/transaction-sender.ts";

const RETRYABLE: Disposition = { kind: "retryable" };
const PERMANENT: Disposition = { kind: "permanent" };
/** The rope's handover, or the first checkpoint of its new epoch, has to come first: every step brings them. */
const AFTER_HANDOVER: Disposition = { kind: "wait-until", afterMs: 500 };

/** Refusals that another attempt can outlive; every other one is about the batch itself. */
const DISPOSITIONS: ReadonlyMap<string, Disposition> = new Map<string, Disposition>([
  ["OutOfOrder", RETRYABLE],
  ["UnderGassed", RETRYABLE],
  ["HeightNotAbove", RETRYABLE],
  ["WrongEpoch", AFTER_HANDOVER],
  ["WrongSignerSet", AFTER_HANDOVER],
]);

/** What the gateway refuses a relayer is `gateway/…`: on the rope `bridge/…` is the rope's own bridge. */
function relayCode({ code }: RevertInfo): string {
  return code.replace(/^bridge\//, "gateway/");
}

export function gatewayError(
  chain: string,
  info: RevertInfo,
  disposition: Disposition = DISPOSITIONS.get(info.error) ?? PERMANENT,
): AdapterError {
  const named = info.error ? `${info.error}(${info.operands.join(", ")})` : "unknown revert";
  return new AdapterError({
    code: relayCode(info),
    chain,
    disposition,
    detail: `${named} ${info.data}`,
  });
}

/** The same failure, said of what was in the call: without the item that it is about, the rest would pass. */
export function aboutItems(error: AdapterError): AdapterError {
  return new AdapterError({ ...error.info, about: "items" }, { cause: error });
}

export function adapterError(
  chain: string,
  code: string,
  detail: string,
  disposition: Disposition,
  cause?: unknown,
): AdapterError {
  return new AdapterError({ code, chain, disposition, detail }, { cause });
}

function classify(chain: string, error: unknown): unknown {
  if (error instanceof AdapterError) return error;
  const refusal = refusalOf(error);
  if (refusal) return gatewayError(chain, refusal.info);
  if (error instanceof EvmRpcError && error.info.code === "evm/unreachable") {
    return adapterError(chain, "adapter/unreachable", error.message, RETRYABLE, error);
  }
  if (error instanceof HeaderError && error.info.code === "evm/no-block") {
    const wait: Disposition = { kind: "wait-until", afterMs: 1_000 };
    return adapterError(chain, "adapter/not-finalised", error.message, wait, error);
  }
  const isPassing = error instanceof EvmRpcError || error instanceof SenderError;
  if (isPassing || error instanceof HeaderError) {
    return adapterError(
      chain,
      (error as CodedError).code,
      (error as CodedError).message,
      RETRYABLE,
      error,
    );
  }
  return error;
}

/** The one place where a failure of this chain gets its disposition; broken invariants and aborts pass through. */
export async function classified<T>(chain: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw classify(chain, error);
  }
}
