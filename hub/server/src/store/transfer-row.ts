import { bytesToHex, type TransferRecord } from "@ropenet/protocol";
import type { Selectable } from "kysely";
import { TRANSFER_STATES } from "../api/schemas.ts";
import type { Tables } from "./database.ts";

export type TransferRow = Selectable<Tables["transfers"]>;

export function toRow(record: TransferRecord): TransferRow {
  const { asset, leg1 } = record;
  return {
    id: bytesToHex(record.transferId),
    index: String(record.index),
    state: TRANSFER_STATES[record.state - 1] ?? "queued",
    source_gateway: bytesToHex(leg1.sourceGateway),
    final_gateway: bytesToHex(record.finalGateway),
    lane: leg1.lane,
    sequence: String(leg1.sequence),
    leg2_sequence: String(record.leg2Sequence),
    asset_id: asset ? bytesToHex(asset.assetId) : "",
    token_id: asset ? bytesToHex(asset.tokenId) : "",
    amount: String(asset?.amount ?? 0n),
    sender: bytesToHex(leg1.sender),
    recipient: asset ? bytesToHex(asset.finalRecipient) : "",
    failure: record.failure,
    queue_reason: record.queueReason,
    received_height: String(record.receivedHeight),
    forwarded_height: String(record.forwardedHeight),
    ended_height: String(record.endedHeight),
    received_at_ms: String(record.receivedAtMs),
    ended_at_ms: String(record.endedAtMs),
  };
}
