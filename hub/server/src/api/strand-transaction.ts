import type { ChainAdapter } from "@ropenet/adapter-sdk";
import { bytesToHex, CodedError } from "@ropenet/protocol";
import type { StrandTransaction } from "./schemas.ts";

const ANSWER_MS = 10_000;

/** @throws {CodedError} `hub/bad-query`, `hub/unknown-chain`, `hub/unknown-transaction`, `adapter/…` */
export async function readStrandTransaction(
  strands: readonly ChainAdapter[],
  gateway: string,
  hash: string,
): Promise<StrandTransaction> {
  for (const [field, value] of [
    ["gateway", gateway],
    ["hash", hash],
  ] as const) {
    if (!/^[0-9a-f]{64}$/.test(value))
      throw new CodedError({ code: "hub/bad-query", field, reason: "64 hex digits" });
  }
  const strand = strands.find((one) => bytesToHex(one.gateway) === gateway);
  if (!strand) throw new CodedError({ code: "hub/unknown-chain", gateway });
  const seen = await strand.transaction?.(hash, AbortSignal.timeout(ANSWER_MS));
  if (!seen) throw new CodedError({ code: "hub/unknown-transaction", hash });
  return {
    ...{ ...seen, chain: strand.name, hash },
    height: String(seen.height),
    gasUsed: String(seen.gasUsed),
  };
}
