import {
  addressOf,
  bytesToHex,
  CodedError,
  encodeMessage,
  formatAddress,
  type MessageBodies,
  type MessageName,
  PROTOCOL_VERSION,
  signTransaction,
  sm2,
} from "@ropenet/protocol";
import type { RpcClient } from "../rpc/rpc-client.ts";
import { RpcError } from "../rpc/rpc-error.ts";
import type { EventJson, TransactionJson } from "../rpc/rpc-methods.ts";

export interface SubmittedTransaction extends TransactionJson {
  readonly height: bigint;
}

export type WalletErrorInfo =
  /** the chain executed the transaction and refused it under `code` */
  | { readonly code: string; readonly id: string; readonly height: bigint; readonly detail: string }
  | { readonly code: "wallet/not-included"; readonly id: string; readonly waitedMs: number };

export class TransactionRefused extends CodedError<WalletErrorInfo> {
  readonly events: readonly EventJson[];

  constructor(info: WalletErrorInfo, events: readonly EventJson[] = []) {
    super(info);
    this.events = events;
  }
}

export interface WalletOptions {
  readonly rpc: RpcClient;
  readonly chainId: Uint8Array;
  /** SM2, 32 bytes */
  readonly secretKey: Uint8Array;
  readonly feeLimit?: bigint;
  readonly inclusionTimeoutMs?: number;
}

export interface Wallet {
  readonly address: Uint8Array;
  readonly addressText: string;
  readonly publicKey: Uint8Array;
  /** Signs, broadcasts and waits until executed. @throws {TransactionRefused} | {RpcError} */
  send<K extends MessageName>(
    name: K,
    body: MessageBodies[K],
    signal?: AbortSignal,
  ): Promise<SubmittedTransaction>;
}

/** Somebody else sent from this account meanwhile: a validator's own process, for one, which signs checkpoints. */
const NONCE_TAKEN: readonly string[] = ["tx/wrong-nonce", "mempool/underpriced"];
const MOST_NONCES = 10;

const POLL_MS = 40;
const EXPIRY_BLOCKS = 1_000n;

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function waitForInclusion(
  rpc: RpcClient,
  id: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<SubmittedTransaction> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const result = await rpc.call("tx", { id }, signal);
      return { ...result, height: BigInt(result.height) };
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== "rpc/tx-unknown") throw error;
    }
    if (Date.now() > deadline) {
      throw new TransactionRefused({ code: "wallet/not-included", id, waitedMs: timeoutMs });
    }
    await delay(POLL_MS);
  }
}

/** One account on the rope. Transactions of one wallet are sent one after the other: nonces are consecutive. */
export function createWallet(options: WalletOptions): Wallet {
  const { rpc, chainId, secretKey } = options;
  const publicKey = sm2.getPublicKey(secretKey);
  const address = addressOf(publicKey);
  let tail: Promise<unknown> = Promise.resolve();

  async function broadcast<K extends MessageName>(
    name: K,
    body: MessageBodies[K],
    signal?: AbortSignal,
  ): Promise<string> {
    const { type, message } = encodeMessage(name, body);
    const [account, status] = await Promise.all([
      rpc.call("account", { address: bytesToHex(address) }, signal),
      rpc.call("status", {}, signal),
    ]);
    const transaction = signTransaction(
      {
        version: PROTOCOL_VERSION,
        chainId,
        publicKey,
        nonce: BigInt(account.pendingNonce),
        feeLimit: options.feeLimit ?? 1_000_000_000n,
        expiryHeight: BigInt(status.height) + EXPIRY_BLOCKS,
        type,
        message,
      },
      secretKey,
    );
    return (await rpc.call("broadcast_tx", { tx: bytesToHex(transaction) }, signal)).id;
  }

  async function offer<K extends MessageName>(
    name: K,
    body: MessageBodies[K],
    signal?: AbortSignal,
  ): Promise<string> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await broadcast(name, body, signal);
      } catch (error) {
        const isTaken = error instanceof RpcError && NONCE_TAKEN.includes(error.code);
        if (!isTaken || tries === MOST_NONCES) throw error;
        await delay(POLL_MS);
      }
    }
  }

  async function submit<K extends MessageName>(
    name: K,
    body: MessageBodies[K],
    signal?: AbortSignal,
  ): Promise<SubmittedTransaction> {
    const id = await offer(name, body, signal);
    const result = await waitForInclusion(rpc, id, options.inclusionTimeoutMs ?? 30_000, signal);
    if (result.code !== null) {
      throw new TransactionRefused(
        { code: result.code, id, height: result.height, detail: result.message },
        result.events,
      );
    }
    return result;
  }

  return {
    address,
    addressText: formatAddress(address),
    publicKey,
    send(name, body, signal): Promise<SubmittedTransaction> {
      const turn = tail.then(() => submit(name, body, signal));
      tail = turn.catch(() => undefined);
      return turn;
    },
  };
}
