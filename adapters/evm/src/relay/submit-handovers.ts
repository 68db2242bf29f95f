import type { SignedHandover } from "@ropenet/adapter-sdk";
import { gatewayInterface } from "../contracts/interfaces.ts";
import { refusalOf } from "../contracts/revert.ts";
import type { Post } from "../rpc/transaction-sender.ts";
import { handoverArguments } from "./checkpoint-call.ts";
import { gatewayError } from "./classify-error.ts";
import { type CallParts, postCall } from "./post-call.ts";

/** False if somebody else has brought the gateway past this epoch; a later handover may still be needed. */
async function submitOne(
  parts: CallParts,
  signed: SignedHandover,
  post: Post,
  signal: AbortSignal,
): Promise<boolean> {
  const data = gatewayInterface.encodeFunctionData("submitHandover", [
    ...handoverArguments(signed),
  ]);
  try {
    const posted = await postCall(parts, post, data, "latest", signal);
    return (await posted.mined(signal)).succeeded;
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    if (refusal.info.error !== "WrongEpoch") throw gatewayError(parts.name, refusal.info);
    return false;
  }
}

/** One by one, each mined before the next: a set can only be believed by the one before it. */
export async function submitHandovers(
  parts: CallParts,
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
