import { CodedError } from "@ropenet/protocol";
import { Wallet } from "ethers";
import { type EvmRpc, EvmRpcError, toQuantity } from "./json-rpc.ts";

export interface LogJson {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly transactionHash: string;
  readonly logIndex: string;
}

export interface MinedTransaction {
  readonly hash: string;
  readonly succeeded: boolean;
  readonly height: bigint;
  readonly gasUsed: bigint;
  /** gas used times the price paid, wei */
  readonly feePaid: bigint;
  readonly logs: readonly LogJson[];
}

export interface TransactionRequest {
  /** undefined = creation */
  readonly to: string | undefined;
  readonly data: string;
  readonly gasLimit: bigint;
}

export interface PostedTransaction {
  readonly hash: string;
  /** @throws {SenderError} `evm/not-mined` */
  mined(signal: AbortSignal): Promise<MinedTransaction>;
}

export type Post = (request: TransactionRequest, signal: AbortSignal) => Promise<PostedTransaction>;

/** Signs and posts for one key. */
export interface TransactionSender {
  readonly address: string;
  /**
   * Gives `work` the key alone: what it posts gets consecutive nonces, so that a transaction may
   * build on the one before without waiting for a block.
   */
  exclusive<T>(work: (post: Post) => Promise<T>, signal: AbortSignal): Promise<T>;
}

export type SenderErrorInfo = {
  readonly code: "evm/not-mined";
  readonly hash: string;
  readonly afterMs: number;
};

export class SenderError extends CodedError<SenderErrorInfo> {}

interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

interface ReceiptJson {
  readonly status: string;
  readonly blockNumber: string;
  readonly gasUsed: string;
  readonly effectiveGasPrice?: string;
  readonly logs: readonly LogJson[];
}

/** Thirty one-second blocks: a transaction that none of them took has too low a fee. */
const INCLUSION_TIMEOUT_MS = 30_000;
/** A tenth of a one-second block: the wait for inclusion grows by half of this on average. */
const RECEIPT_POLL_MS = 100;
/** Nodes ask for at least 10 % more before they replace a transaction. */
const RAISE_PERCENT = 125n;
const MAX_RAISES = 4;

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function raised({ maxFeePerGas, maxPriorityFeePerGas }: Fees): Fees {
  return {
    maxFeePerGas: (maxFeePerGas * RAISE_PERCENT) / 100n + 1n,
    maxPriorityFeePerGas: (maxPriorityFeePerGas * RAISE_PERCENT) / 100n + 1n,
  };
}

function atLeast(fees: Fees, floor: Fees): Fees {
  return fees.maxFeePerGas > floor.maxFeePerGas &&
    fees.maxPriorityFeePerGas > floor.maxPriorityFeePerGas
    ? fees
    : floor;
}

function toMined(hash: string, receipt: ReceiptJson): MinedTransaction {
  const gasUsed = BigInt(receipt.gasUsed);
  return {
    hash,
    succeeded: BigInt(receipt.status) === 1n,
    height: BigInt(receipt.blockNumber),
    gasUsed,
    feePaid: gasUsed * BigInt(receipt.effectiveGasPrice ?? "0x0"),
    logs: receipt.logs,
  };
}

/** Room for a base fee that doubles; on chains without a gas price all is zero. */
async function currentFees(rpc: EvmRpc, signal: AbortSignal): Promise<Fees> {
  const [price, block] = await rpc.batch<string & { baseFeePerGas?: string }>(
    [
      { method: "eth_gasPrice", params: [] },
      { method: "eth_getBlockByNumber", params: ["latest", false] },
    ],
    signal,
  );
  const gasPrice = BigInt(price ?? "0x0");
  const baseFee = BigInt(block?.baseFeePerGas ?? "0x0");
  const tip = gasPrice > baseFee ? gasPrice - baseFee : 0n;
  return { maxFeePerGas: 2n * baseFee + tip, maxPriorityFeePerGas: tip };
}

/** @param secretKey 32 bytes in hex, with or without 0x */
export function createTransactionSender(
  rpc: EvmRpc,
  secretKey: string,
  inclusionTimeoutMs: number = INCLUSION_TIMEOUT_MS,
): TransactionSender {
  const wallet = new Wallet(secretKey.startsWith("0x") ? secretKey : `0x${secretKey}`);
  let chainId: bigint | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  /** Fees of a transaction that no block took: the next one takes its nonce and pays more. */
  let unmined: Fees | undefined;

  async function mined(hash: string, fees: Fees, signal: AbortSignal): Promise<MinedTransaction> {
    const deadline = performance.now() + inclusionTimeoutMs;
    for (;;) {
      const receipt = await rpc.call<ReceiptJson | null>(
        "eth_getTransactionReceipt",
        [hash],
        signal,
      );
      if (receipt) {
        unmined = undefined;
        return toMined(hash, receipt);
      }
      if (performance.now() > deadline) {
        unmined = fees;
        throw new SenderError({ code: "evm/not-mined", hash, afterMs: inclusionTimeoutMs });
      }
      await pause(RECEIPT_POLL_MS);
    }
  }

  async function sign(request: TransactionRequest, nonce: number, fees: Fees): Promise<string> {
    const { to, data, gasLimit } = request;
    const target = to === undefined ? {} : { to };
    return await wallet.signTransaction({
      type: 2,
      chainId: chainId ?? 0n,
      nonce,
      data,
      gasLimit,
      ...target,
      ...fees,
    });
  }

  async function broadcast(
    request: TransactionRequest,
    nonce: number,
    initialFees: Fees,
    signal: AbortSignal,
  ): Promise<PostedTransaction> {
    let fees = initialFees;
    for (let raises = 0; ; raises += 1) {
      const raw = await sign(request, nonce, fees);
      try {
        const hash = await rpc.call<string>("eth_sendRawTransaction", [raw], signal);
        const paid = fees;
        return { hash, mined: (until) => mined(hash, paid, until) };
      } catch (error) {
        // Only a transaction that may have to replace another gets to try again with more.
        const mayRaise = unmined !== undefined && raises < MAX_RAISES;
        if (!(error instanceof EvmRpcError) || !mayRaise) throw error;
        fees = raised(fees);
      }
    }
  }

  async function open(signal: AbortSignal): Promise<Post> {
    chainId ??= BigInt(await rpc.call<string>("eth_chainId", [], signal));
    const tag = unmined ? "latest" : "pending";
    const count = await rpc.call<string>("eth_getTransactionCount", [wallet.address, tag], signal);
    const current = await currentFees(rpc, signal);
    const fees = unmined ? atLeast(current, raised(unmined)) : current;
    let nonce = Number(count);
    return async (request, until) => {
      const posted = await broadcast(request, nonce, fees, until);
      nonce += 1;
      return posted;
    };
  }

  return {
    address: wallet.address,
    exclusive<T>(work: (post: Post) => Promise<T>, signal: AbortSignal): Promise<T> {
      const turn = queue.then(async () => {
        signal.throwIfAborted();
        return await work(await open(signal));
      });
      queue = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** Gas that a call would use, or the revert as an EvmRpcError with data. */
export async function estimateGas(
  rpc: EvmRpc,
  call: { readonly from: string; readonly to?: string | undefined; readonly data: string },
  at: "pending" | "latest",
  signal: AbortSignal,
): Promise<bigint> {
  const { from, to, data } = call;
  const request = to === undefined ? { from, data } : { from, to, data };
  return BigInt(await rpc.call<string>("eth_estimateGas", [request, at], signal));
}

/**
 * A quarter more than the estimate: other transactions of the same block may leave storage cold or
 * empty that the estimate found warm or full, and a gateway reverts whole where a packet's gas falls short.
 */
export function withReserve(estimate: bigint): bigint {
  return (estimate * 125n) / 100n + 20_000n;
}

/** Runs a mined transaction again at its block to learn why it failed. */
export async function replay(
  rpc: EvmRpc,
  call: { readonly from: string; readonly to: string; readonly data: string },
  height: bigint,
  signal: AbortSignal,
): Promise<void> {
  await rpc.call("eth_call", [call, toQuantity(height)], signal);
}
