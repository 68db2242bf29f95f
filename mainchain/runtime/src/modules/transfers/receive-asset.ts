import {
  ACK_STATUS,
  type AssetPayload,
  accountToB32,
  assetPayloadCodec,
  bytesToHex,
  CodecError,
  decode,
  failureCode,
  isOrderedLane,
  TRANSFER_STATE,
} from "@ropenet/protocol";
import type { TransactionContext } from "../../module.ts";
import type { PacketAnswer, PacketHandler, ReceiveOutcome } from "../../slices.ts";
import { admit, type TransferSlices } from "./admit.ts";
import { count, countFlight, freeze } from "./books.ts";
import { arrive, begin, type FirstLeg, newTransfer, sendBack } from "./courses.ts";
import { requireTransfer, saveTransfer } from "./records.ts";

function decodePayload(bytes: Uint8Array): AssetPayload | undefined {
  try {
    return decode(assetPayloadCodec, bytes);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

/** Sent home at once: the strand's own refund counter will grow by it. */
function refuse(
  context: TransactionContext,
  leg: FirstLeg,
  end: { readonly failure: number; readonly late: boolean; readonly known: boolean },
): ReceiveOutcome {
  const { payload, leg1 } = leg;
  if (payload && end.known) {
    const { amount, assetId } = payload;
    count(context, assetId, leg1.sourceGateway, { received: amount, refundAcked: amount });
  }
  const { failure } = end;
  saveTransfer(context, newTransfer(context, leg, { state: TRANSFER_STATE.returned, failure }));
  const status = end.late ? ACK_STATUS.expired : ACK_STATUS.failed;
  return { kind: "ended", status, failure };
}

/** Kept until people have looked at the pair. Whoever only sends over a frozen one is accused of nothing. */
function quarantine(
  context: TransactionContext,
  leg: FirstLeg,
  { assetId, impossible }: { readonly assetId: Uint8Array; readonly impossible: boolean },
): void {
  const { sourceGateway } = leg.leg1;
  const failure = failureCode(impossible ? "insufficient-escrow" : "paused");
  saveTransfer(context, newTransfer(context, leg, { state: TRANSFER_STATE.quarantined, failure }));
  if (!impossible) return;
  freeze(context.state, assetId, sourceGateway);
  context.emit("transfers.alert", {
    reason: "a strand gave what it does not hold",
    assetId: bytesToHex(assetId),
    gateway: bytesToHex(sourceGateway),
    transferId: bytesToHex(leg.transferId),
  });
}

function receive(
  context: TransactionContext,
  slices: TransferSlices,
  arrival: Parameters<PacketHandler["receive"]>[1],
): ReceiveOutcome {
  const { packet: leg1, payload: payloadBytes, packetHash: transferId, late } = arrival;
  const payload = decodePayload(payloadBytes);
  const leg: FirstLeg = { leg1, payloadBytes, payload, transferId };
  if (!payload) {
    return refuse(context, leg, { failure: failureCode("bad-payload"), late: false, known: false });
  }
  const { assetId } = payload;
  const known = slices.assets.representation(context, assetId, leg1.sourceGateway) !== undefined;
  if (late) return refuse(context, leg, { failure: failureCode("expired"), late, known });
  // Value must be able to overtake what waits: docs/adr/0014.
  if (isOrderedLane(leg1.lane))
    return refuse(context, leg, { failure: failureCode("bad-action"), late, known });
  const admission = admit(context, slices, leg1.sourceGateway, payload);
  if (admission.kind === "refused") {
    const { failure, asset } = admission;
    return refuse(context, leg, { failure, late, known: asset !== undefined });
  }
  if (admission.kind === "early") return { kind: "early" };
  if (admission.kind === "quarantined") {
    quarantine(context, leg, { assetId, impossible: admission.impossible });
    return { kind: "quarantined" };
  }
  begin(context, slices, { ...leg, payload }, admission, accountToB32(context.sender));
  return { kind: "pending" };
}

function acknowledge(
  context: TransactionContext,
  slices: TransferSlices,
  { transferId, chain, acknowledgement, provenHeight }: PacketAnswer,
): void {
  const { status, code } = acknowledgement;
  const record = requireTransfer(context.state, transferId);
  const { asset: payload } = record;
  if (record.state !== TRANSFER_STATE.forwarded || !payload)
    throw new Error("an acknowledgement of a transfer that is not under way");
  const asset = slices.assets.find(context, payload.assetId);
  if (!asset) throw new Error("a moving transfer's asset is registered");
  const transfer = { ...record, asset: payload };
  const payee = accountToB32(context.sender);
  countFlight(context, asset.assetId, chain.gateway, -payload.amount);
  if (status === ACK_STATUS.delivered) {
    arrive(context, slices, { transfer, asset, gateway: chain.gateway, payee, provenHeight });
    return;
  }
  const failure = status === ACK_STATUS.expired ? failureCode("expired") : code;
  sendBack(context, slices, transfer, { failure, payee, pocket: "inFlight" });
}

/** Asset packets of strands, and what strands did with the rope's. Source: docs/protocol.md §3. */
export function createAssetPackets(slices: TransferSlices): PacketHandler {
  return {
    receive: (context, arrival) => receive(context, slices, arrival),
    acknowledge: (context, answer) => acknowledge(context, slices, answer),
  };
}
