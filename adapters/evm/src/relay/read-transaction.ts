import type { SeenTransaction } from "@ropenet/adapter-sdk";
import type { EvmRpc } from "../rpc/json-rpc.ts";

interface ReceiptJson {
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly status: string;
  readonly from: string;
  readonly to: string | null;
  readonly gasUsed: string;
  readonly logs: readonly unknown[];
}

export async function readTransaction(
  rpc: EvmRpc,
  hash: string,
  signal: AbortSignal,
): Promise<SeenTransaction | undefined> {
  const params = [`0x${hash}`];
  const receipt = await rpc.call<ReceiptJson | null>("eth_getTransactionReceipt", params, signal);
  if (!receipt) return undefined;
  const { blockNumber, blockHash, status, from, to, gasUsed, logs } = receipt;
  return {
    ...{ height: BigInt(blockNumber), blockHash: blockHash.slice(2), succeeded: status === "0x1" },
    ...{ from, to, gasUsed: BigInt(gasUsed), logs: logs.length },
  };
}
