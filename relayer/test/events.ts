import type { OutboundEvent } from "@ropenet/adapter-sdk";
import { ZERO_32 } from "@ropenet/protocol";

export function packet(height: bigint, sequence: bigint, lane = 0, bytes = 10): OutboundEvent {
  return {
    kind: "packet",
    packet: {
      version: 1,
      kind: 1,
      lane,
      sequence,
      sourceGateway: ZERO_32,
      destinationGateway: ZERO_32,
      transferId: ZERO_32,
      sender: ZERO_32,
      recipient: ZERO_32,
      timeoutMs: 0n,
      gasLimit: 0,
      payloadLength: bytes,
      payloadHash: ZERO_32,
    },
    payload: new Uint8Array(bytes),
    height,
    transactionHash: "",
    leafIndex: undefined,
  };
}

export function acknowledgement(height: bigint, sequence: bigint, lane = 0): OutboundEvent {
  return {
    kind: "acknowledgement",
    acknowledgement: {
      ...{ version: 1, status: 1, code: 0, lane, sequence, atMs: 0n },
      ...{ sourceGateway: ZERO_32, destinationGateway: ZERO_32, packetHash: ZERO_32 },
      ...{ resultHash: ZERO_32, payee: ZERO_32 },
    },
    height,
    transactionHash: "",
    leafIndex: undefined,
  };
}
