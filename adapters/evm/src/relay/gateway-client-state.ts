import type { ClientAge } from "@ropenet/adapter-sdk";
import type { Result } from "ethers";
import { gatewayInterface } from "../contracts/interfaces.ts";
import { readHeader } from "../rpc/header.ts";
import type { EvmRpc } from "../rpc/json-rpc.ts";

async function readCheckpointState(
  rpc: EvmRpc,
  gatewayAddress: string,
  signal: AbortSignal,
): Promise<Result> {
  const data = gatewayInterface.encodeFunctionData("checkpointState", []);
  const answer = await rpc.call<string>(
    "eth_call",
    [{ to: gatewayAddress, data }, "latest"],
    signal,
  );
  return gatewayInterface.decodeFunctionResult("checkpointState", answer)[0] as Result;
}

/** The epoch of the signer set that the gateway accepts checkpoints of. */
export async function readBelievedEpoch(
  rpc: EvmRpc,
  gatewayAddress: string,
  signal: AbortSignal,
): Promise<bigint> {
  return (await readCheckpointState(rpc, gatewayAddress, signal))["epoch"] as bigint;
}

/** How long the gateway has not been shown a checkpoint. */
export async function readClientAge(
  rpc: EvmRpc,
  gatewayAddress: string,
  signal: AbortSignal,
): Promise<ClientAge> {
  const [state, header] = await Promise.all([
    readCheckpointState(rpc, gatewayAddress, signal),
    readHeader(rpc, "latest", signal),
  ]);
  // The clock that counts is the next block's: on a chain that makes blocks on demand, the newest one's may lag.
  const wallMs = BigInt(Date.now());
  return {
    updatedAtMs: state["timeMs"] as bigint,
    nowMs: header.timeMs > wallMs ? header.timeMs : wallMs,
    trustingPeriodMs: state["trustingPeriodMs"] as bigint,
  };
}
