import type { AdapterError } from "@ropenet/adapter-sdk";
import { gatewayInterface } from "../contracts/interfaces.ts";
import { refusalOf } from "../contracts/revert.ts";
import { type EvmRpc, EvmRpcError } from "../rpc/json-rpc.ts";
import {
  estimateGas,
  type Post,
  type PostedTransaction,
  type TransactionSender,
  withReserve,
} from "../rpc/transaction-sender.ts";
import { adapterError } from "./classify-error.ts";

export interface CallParts {
  readonly name: string;
  readonly rpc: EvmRpc;
  readonly sender: TransactionSender;
  readonly gatewayAddress: string;
}

/** The node's own refusal: neither a revert nor silence. */
const isNodeRefusal = (error: unknown): error is EvmRpcError =>
  error instanceof EvmRpcError && error.info.code === "evm/rpc-error" && !refusalOf(error);

/** Whether the node estimates a call of this gateway that always passes. */
async function nodeEstimates(
  { rpc, sender, gatewayAddress }: CallParts,
  at: "pending" | "latest",
  signal: AbortSignal,
): Promise<boolean> {
  const data = gatewayInterface.encodeFunctionData("gatewayNowMs", []);
  try {
    await estimateGas(rpc, { from: sender.address, to: gatewayAddress, data }, at, signal);
    return true;
  } catch (error) {
    if (error instanceof EvmRpcError) return false;
    throw error;
  }
}

async function blockGasLimit(rpc: EvmRpc, signal: AbortSignal): Promise<bigint> {
  const params = ["latest", false];
  const block = await rpc.call<{ gasLimit: string }>("eth_getBlockByNumber", params, signal);
  return BigInt(block.gasLimit);
}

function beyondBlock({ name }: CallParts, cause: EvmRpcError): AdapterError {
  const permanent = { kind: "permanent" } as const;
  return adapterError(name, "evm/beyond-block-gas", cause.message, permanent, cause);
}

/**
 * Estimates and posts one call to the gateway.
 * @throws {EvmRpcError} a revert, or what ails the node or the account
 * @throws {AdapterError} `evm/beyond-block-gas`: this call is more than a block takes
 */
export async function postCall(
  parts: CallParts,
  post: Post,
  data: string,
  at: "pending" | "latest",
  signal: AbortSignal,
): Promise<PostedTransaction> {
  const { rpc, sender, gatewayAddress } = parts;
  let gasLimit: bigint;
  try {
    const call = { from: sender.address, to: gatewayAddress, data };
    gasLimit = withReserve(await estimateGas(rpc, call, at, signal));
  } catch (error) {
    // Gas that runs out at the node's cap comes without revert data, as the node's own trouble does.
    if (isNodeRefusal(error) && (await nodeEstimates(parts, at, signal)))
      throw beyondBlock(parts, error);
    throw error;
  }
  try {
    return await post({ to: gatewayAddress, data, gasLimit }, signal);
  } catch (error) {
    if (isNodeRefusal(error) && gasLimit > (await blockGasLimit(rpc, signal)))
      throw beyondBlock(parts, error);
    throw error;
  }
}
