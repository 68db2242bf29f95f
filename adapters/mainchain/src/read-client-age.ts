import type { ClientAge } from "@ropenet/adapter-sdk";
import { type Rope, recordsOf } from "@ropenet/client";
import { CHAIN_STATE, clientRecordCodec, stateKey } from "@ropenet/protocol";

/** How long the rope has not been shown a header of a strand, by the rope's own time. */
export async function readClientAge(
  rope: Rope,
  gateway: Uint8Array,
  signal: AbortSignal,
): Promise<ClientAge | undefined> {
  const [status, chain, client] = await Promise.all([
    rope.rpc.call("status", {}, signal),
    recordsOf(rope.peek).chain(gateway),
    rope.peek(stateKey.client(gateway), clientRecordCodec, signal),
  ]);
  const isOpen = chain?.state === CHAIN_STATE.active || chain?.state === CHAIN_STATE.suspended;
  if (!isOpen || !client || client.frozen) return undefined;
  return {
    updatedAtMs: client.updatedAtMs,
    nowMs: BigInt(status.timeMs),
    trustingPeriodMs: chain.trustingPeriodMs,
  };
}
