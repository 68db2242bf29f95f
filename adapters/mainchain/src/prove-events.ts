import type { OutboundEvent, ProvenBatch } from "@ropenet/adapter-sdk";
import type { Rope, RpcMethods } from "@ropenet/client";
import {
  bytesToHex,
  decode,
  hexToBytes,
  type OutboxProof,
  ropeGatewayUid,
  type Suite,
  signerSetCodec,
} from "@ropenet/protocol";
import { waitUntil } from "./classify-error.ts";

function toProof(json: RpcMethods["outbox_proof"]["result"]): OutboxProof {
  return {
    leafIndex: BigInt(json.leafIndex),
    leafType: json.leafType,
    siblings: json.siblings.map(hexToBytes),
    outboxCount: BigInt(json.outboxCount),
    outboxesIndex: json.outboxesIndex,
    outboxesCount: json.outboxesCount,
    outboxesSiblings: json.outboxesSiblings.map(hexToBytes),
    checkpointHeight: BigInt(json.checkpointHeight),
  };
}

/** Outbox paths of `events` under the newest checkpoint that > 2/3 of the power has signed. */
export async function proveEvents(
  rope: Rope,
  suite: Suite,
  counterparty: Uint8Array,
  events: readonly OutboundEvent[],
): Promise<Extract<ProvenBatch, { kind: "rope" }>> {
  const needed = events.reduce((top, event) => (event.height > top ? event.height : top), 0n);
  const answer = await rope.rpc.call("checkpoint", { suite });
  const height = BigInt(answer.height);
  if (height < needed) throw waitUntil("rope/no-checkpoint-yet", `${height} < ${needed}`, 150);
  const items = await Promise.all(
    events.map(async (event) => ({
      event,
      proof: toProof(
        await rope.rpc.call("outbox_proof", {
          gateway: bytesToHex(counterparty),
          index: String(event.leafIndex),
          checkpointHeight: answer.height,
        }),
      ),
    })),
  );
  return {
    kind: "rope",
    source: ropeGatewayUid(rope.anchor.chainId),
    update: {
      checkpoint: hexToBytes(answer.checkpoint),
      height,
      set: decode(signerSetCodec, hexToBytes(answer.signerSet)),
      signatures: answer.signatures.map(({ index, signature }) => ({
        index,
        signature: hexToBytes(signature),
      })),
    },
    items,
  };
}
