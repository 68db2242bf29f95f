import type { Interface, Result } from "ethers";
import { createEvmRpc, type EvmRpc } from "../rpc/json-rpc.ts";
import {
  createTransactionSender,
  estimateGas,
  type LogJson,
  type MinedTransaction,
  replay,
  type TransactionSender,
  withReserve,
} from "../rpc/transaction-sender.ts";
import { allInterfaces } from "./interfaces.ts";
import { refusing } from "./revert.ts";

/** One account on one strand: everything that it sends shares its nonces. */
export interface EvmAccount {
  readonly rpc: EvmRpc;
  readonly sender: TransactionSender;
  readonly address: string;
}

/** @param secretKey 32 bytes in hex */
export function openEvmAccount(rpcUrl: string, secretKey: string): EvmAccount {
  const rpc = createEvmRpc(rpcUrl);
  const sender = createTransactionSender(rpc, secretKey);
  return { rpc, sender, address: sender.address };
}

export interface CallReceipt {
  readonly transactionHash: string;
  readonly height: bigint;
  readonly gasUsed: bigint;
  /** arguments of the first event of that name, from whichever contract */
  event(name: string): Result | undefined;
}

/** A contract as one account sees it. */
export interface ContractCaller {
  /** Waits until it is mined. @throws {ContractRefusal} before anything is sent, where it would revert */
  send(method: string, args: readonly unknown[], signal: AbortSignal): Promise<CallReceipt>;
  view(method: string, args: readonly unknown[], signal: AbortSignal): Promise<Result>;
}

/** ERC-20 and ERC-721 share a Transfer of the same topic: only the number of topics tells them apart. */
function parseEvent(name: string, { topics, data }: LogJson): Result | undefined {
  for (const contract of allInterfaces) {
    const event = contract.getEvent(name);
    if (!event || event.topicHash !== topics[0]) continue;
    const indexed = event.inputs.filter((input) => input.indexed).length;
    if (topics.length !== indexed + 1) continue;
    return contract.decodeEventLog(event, data, topics);
  }
  return undefined;
}

function toReceipt({ hash, height, gasUsed, logs }: MinedTransaction): CallReceipt {
  return {
    transactionHash: hash,
    height,
    gasUsed,
    event(name): Result | undefined {
      for (const log of logs) {
        const parsed = parseEvent(name, log);
        if (parsed) return parsed;
      }
      return undefined;
    },
  };
}

export function callerOf(
  { rpc, sender, address }: EvmAccount,
  contract: Interface,
  to: string,
): ContractCaller {
  return {
    async send(method, args, signal): Promise<CallReceipt> {
      const data = contract.encodeFunctionData(method, [...args]);
      const call = { from: address, to, data };
      return await refusing(async () => {
        const posted = await sender.exclusive(async (post) => {
          const gasLimit = withReserve(await estimateGas(rpc, call, "pending", signal));
          return await post({ to, data, gasLimit }, signal);
        }, signal);
        const mined = await posted.mined(signal);
        if (!mined.succeeded) {
          await replay(rpc, call, mined.height, signal);
          throw new Error(`${method} failed at ${mined.height} and passes now: ${mined.hash}`);
        }
        return toReceipt(mined);
      });
    },
    async view(method, args, signal): Promise<Result> {
      const data = contract.encodeFunctionData(method, [...args]);
      const params = [{ from: address, to, data }, "latest"];
      const answer = await refusing(() => rpc.call<string>("eth_call", params, signal));
      return contract.decodeFunctionResult(method, answer);
    },
  };
}
