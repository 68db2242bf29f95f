import { GATEWAY_ARTIFACT } from "@ropenet/adapter-evm";
import { Interface, type InterfaceAbi, type JsonRpcProvider } from "ethers";
import type { StrandEvidence } from "./conservation.ts";

const gateway = new Interface(GATEWAY_ARTIFACT.abi as InterfaceAbi);

/** What one EVM gateway logged of packets sent and receipts written, since its first block. */
export async function strandEvidence(strand: {
  readonly provider: JsonRpcProvider;
  readonly gatewayAddress: string;
  readonly gatewayUid: Uint8Array;
}): Promise<StrandEvidence> {
  const logs = await strand.provider.getLogs({
    address: strand.gatewayAddress,
    fromBlock: 0,
    toBlock: "latest",
  });
  const sent = new Map<string, number>();
  const receipts = new Map<string, number[]>();
  for (const log of logs) {
    const event = gateway.parseLog(log);
    if (event?.name !== "PacketSent" && event?.name !== "ReceiptWritten") continue;
    const hash = String(event.args["packetHash"]).slice(2);
    if (event.name === "PacketSent") sent.set(hash, (sent.get(hash) ?? 0) + 1);
    else receipts.set(hash, [...(receipts.get(hash) ?? []), Number(event.args["status"])]);
  }
  return { gateway: strand.gatewayUid, sent, receipts };
}
