import { createEvmRpc } from "@ropenet/adapter-evm";
import { CodedError } from "@ropenet/protocol";
import type { StrandTransaction } from "./schemas.ts";

/** Where the hub reads strands. */
export interface StrandSource {
  readonly name: string;
  /** hex */
  readonly gatewayUid: string;
  readonly rpcUrl: string;
}

interface ReceiptJson {
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly status: string;
  readonly from: string;
  readonly to: string | null;
  readonly gasUsed: string;
  readonly logs: readonly unknown[];
}

/** @throws {CodedError} `hub/bad-query`, `hub/unknown-chain`, `hub/unknown-transaction` */
export async function readStrandTransaction(
  strands: readonly StrandSource[],
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
  const strand = strands.find(({ gatewayUid }) => gatewayUid === gateway);
  if (!strand) throw new CodedError({ code: "hub/unknown-chain", gateway });
  const receipt = await createEvmRpc(strand.rpcUrl).call<ReceiptJson | null>(
    "eth_getTransactionReceipt",
    [`0x${hash}`],
  );
  if (!receipt) throw new CodedError({ code: "hub/unknown-transaction", hash });
  return {
    chain: strand.name,
    hash,
    height: String(BigInt(receipt.blockNumber)),
    blockHash: receipt.blockHash.slice(2),
    succeeded: receipt.status === "0x1",
    from: receipt.from,
    to: receipt.to,
    gasUsed: String(BigInt(receipt.gasUsed)),
    logs: receipt.logs.length,
  };
}
