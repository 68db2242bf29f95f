import type { SignedHandover } from "@ropenet/adapter-sdk";
import type { Rope } from "@ropenet/client";
import {
  decode,
  hexToBytes,
  type Suite,
  signerSetCodec,
  stakingProgressRecordCodec,
  stateKey,
} from "@ropenet/protocol";
import { waitUntil } from "./classify-error.ts";

/** A gateway that is further behind is brought on by the next steps. */
const MAX_HANDOVERS = 16n;

export async function runningEpoch(rope: Rope, signal: AbortSignal): Promise<bigint> {
  const key = stateKey.stakingProgress();
  return (await rope.peek(key, stakingProgressRecordCodec, signal))?.epoch ?? 0n;
}

/** The node's word, like everything that a relayer carries: gateways check the signatures. */
export async function readHandovers(
  rope: Rope,
  suite: Suite,
  fromEpoch: bigint,
  signal: AbortSignal,
): Promise<readonly SignedHandover[]> {
  const running = await runningEpoch(rope, signal);
  const end = running - fromEpoch > MAX_HANDOVERS ? fromEpoch + MAX_HANDOVERS : running;
  const found: SignedHandover[] = [];
  for (let epoch = fromEpoch; epoch < end; epoch += 1n) {
    const params = { suite, fromEpoch: String(epoch) };
    const answer = await rope.rpc.call("handover", params, signal);
    // Another node of the same chain may be a block behind the one that named the epoch.
    if (!answer.complete) throw waitUntil("rope/no-handover-yet", `epoch ${epoch}`, 200);
    found.push({
      handover: hexToBytes(answer.handover),
      fromEpoch: epoch,
      currentSet: decode(signerSetCodec, hexToBytes(answer.currentSet)),
      nextSet: decode(signerSetCodec, hexToBytes(answer.nextSet)),
      signatures: answer.signatures.map(({ index, signature }) => ({
        index,
        signature: hexToBytes(signature),
      })),
    });
  }
  return found;
}
