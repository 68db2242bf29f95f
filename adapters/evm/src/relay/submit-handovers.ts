import type { SignedHandover } from "@ropenet/adapter-sdk";
import type { Result } from "ethers";
import { gatewayInterface } from "../contracts/interfaces.ts";
import { refusalOf } from "../contracts/revert.ts";
import type { EvmRpc } from "../rpc/json-rpc.ts";
import {
  estimateGas,
  type Post,
  type TransactionSender,
  withReserve,
} from "../rpc/transaction-sender.ts";
import { handoverArguments } from "./checkpoint-call.ts";
import { gatewayError } from "./classify-error.ts";

export interface HandoverParts {
  readonly name: string;
  readonly rpc: EvmRpc;
  readonly sender: TransactionSender;
  readonly gatewayAddress: string;
}

/** Of the rope: the epoch whose signer set the gateway accepts checkpoints of, and the time of the newest of them. */
export async function readBelieved(
  rpc: EvmRpc,
  gatewayAddress: string,
  signal: AbortSignal,
): Promise<{ readonly epoch: bigint; readonly timeMs: bigint }> {
  const data = gatewayInterface.encodeFunctionData("checkpointState", []);
  const answer = await rpc.call<string>(
    "eth_call",
    [{ to: gatewayAddress, data }, "latest"],
    signal,
  );
  const [state] = gatewayInterface.decodeFunctionResult("checkpointState", answer);
  const { epoch, timeMs } = (state as Result).toObject();
  return { epoch: epoch as bigint, timeMs: timeMs as bigint };
}

/** False if somebody else has brought the gateway past this epoch; a later handover may still be needed. */
async function submitOne(
  { name, rpc, sender, gatewayAddress }: HandoverParts,
  signed: SignedHandover,
  post: Post,
  signal: AbortSignal,
): Promise<boolean> {
  const data = gatewayInterface.encodeFunctionData("submitHandover", [
    ...handoverArguments(signed),
  ]);
  try {
    const call = { from: sender.address, to: gatewayAddress, data };
    const gasLimit = withReserve(await estimateGas(rpc, call, "latest", signal));
    const posted = await post({ to: gatewayAddress, data, gasLimit }, signal);
    return (await posted.mined(signal)).succeeded;
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    if (refusal.info.error !== "WrongEpoch") throw gatewayError(name, refusal.info);
    return false;
  }
}

/** One by one, each mined before the next: a set can only be believed by the one before it. */
export async function submitHandovers(
  parts: HandoverParts,
  handovers: readonly SignedHandover[],
  signal: AbortSignal,
): Promise<number> {
  return await parts.sender.exclusive(async (post) => {
    let taken = 0;
    for (const signed of handovers) {
      if (await submitOne(parts, signed, post, signal)) taken += 1;
    }
    return taken;
  }, signal);
}
