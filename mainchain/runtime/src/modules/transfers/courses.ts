import {
  ACK_STATUS,
  ASSET_CLASS,
  type AssetPayload,
  type AssetRecord,
  b32ToAccount,
  equalBytes,
  PACKET_KIND,
  type Packet,
  TRANSFER_STATE,
  type TransferRecord,
  ZERO_20,
  ZERO_32,
} from "@ropenet/protocol";
import type { Context } from "../../module.ts";
import { type Destination, findDestination, type TransferSlices } from "./admit.ts";
import { count, countFlight, credit, debit, moveToFlight, type Pocket } from "./books.ts";
import { countFlow } from "./limits.ts";
import { type AssetTransfer, saveTransfer, takeIndex } from "./records.ts";
import { enqueue, whyWait } from "./waiting.ts";

export interface FirstLeg {
  readonly leg1: Packet;
  readonly payloadBytes: Uint8Array;
  /** undefined if the bytes are no asset payload */
  readonly payload: AssetPayload | undefined;
  readonly transferId: Uint8Array;
}

/** A new record in a state that the caller is about to make true. */
export function newTransfer(
  context: Context,
  { leg1, payloadBytes, payload, transferId }: FirstLeg,
  end: { readonly state: TransferRecord["state"]; readonly failure: number },
): TransferRecord {
  const { height, timeMs } = context;
  const ended = end.state === TRANSFER_STATE.returned || end.state === TRANSFER_STATE.settled;
  return {
    transferId,
    index: takeIndex(context, transferId),
    kind: leg1.kind,
    state: end.state,
    leg1,
    payload: payloadBytes,
    asset: payload ?? null,
    finalGateway: payload?.finalGateway ?? ZERO_32,
    leg2Sequence: 0n,
    queueReason: 0,
    holdId: ZERO_32,
    releaseAtMs: 0n,
    failure: end.failure,
    receivedHeight: height,
    forwardedHeight: 0n,
    endedHeight: ended ? height : 0n,
    receivedAtMs: timeMs,
    endedAtMs: ended ? timeMs : 0n,
  };
}

/** An admitted first leg: debited, and then on its way or waiting. */
export function begin(
  context: Context,
  slices: TransferSlices,
  leg: FirstLeg & { readonly payload: AssetPayload },
  { asset, destination }: { readonly asset: AssetRecord; readonly destination: Destination },
  payee: Uint8Array,
): void {
  const { leg1, payload } = leg;
  const { sourceGateway } = leg1;
  const { amount, tokenId } = payload;
  count(context, asset.assetId, sourceGateway, { received: amount });
  if (asset.assetClass === ASSET_CLASS.unique) {
    slices.holdings.departTitle(context, asset, tokenId, ZERO_32);
  }
  const opened = newTransfer(context, leg, { state: TRANSFER_STATE.queued, failure: 0 });
  const transfer: AssetTransfer = { ...opened, asset: payload };
  const wait = whyWait(context, slices, transfer, false);
  debit(context, asset, sourceGateway, amount, wait ? "held" : "inFlight");
  if (wait) enqueue(context, transfer, wait);
  else proceed(context, slices, { transfer, asset, destination, payee });
}

interface Step {
  readonly transfer: AssetTransfer;
  readonly asset: AssetRecord;
  readonly destination: Destination;
  readonly payee: Uint8Array;
}

/** Value is in flight: to its strand, or to its account if it ends on the rope. */
function proceed(
  context: Context,
  slices: TransferSlices,
  { transfer, asset, destination, payee }: Step,
): void {
  const { leg1, asset: payload, payload: bytes } = transfer;
  const { amount, finalRecipient, finalGasLimit, finalTimeoutMs, finalGateway } = payload;
  const source = { assetId: asset.assetId, gateway: leg1.sourceGateway };
  const from = slices.assets.representation(context, asset.assetId, leg1.sourceGateway);
  if (from) countFlow(context, source, from, { outflow: amount });
  if (destination.kind === "rope") {
    const { height: provenHeight } = context;
    arrive(context, slices, { transfer, asset, gateway: finalGateway, payee, provenHeight });
    return;
  }
  const soonest = context.timeMs + context.parameters.minLegMs;
  const waited = transfer.queueReason !== 0;
  const packet = slices.outlet.send(context, {
    kind: PACKET_KIND.asset,
    lane: leg1.lane,
    destination: destination.chain,
    transferId: transfer.transferId,
    sender: leg1.sender,
    recipient: finalRecipient,
    timeoutMs: waited && finalTimeoutMs < soonest ? soonest : finalTimeoutMs,
    gasLimit: finalGasLimit,
    payload: bytes,
  });
  count(context, asset.assetId, finalGateway, { sent: amount });
  countFlight(context, asset.assetId, finalGateway, amount);
  if (asset.assetClass === ASSET_CLASS.unique) {
    slices.holdings.departTitle(context, asset, payload.tokenId, finalGateway);
  }
  saveTransfer(context, {
    ...transfer,
    state: TRANSFER_STATE.forwarded,
    leg2Sequence: packet.sequence,
    forwardedHeight: context.height,
  });
}

/** From the queue: onwards, unless the way has closed meanwhile. */
export function release(context: Context, slices: TransferSlices, transfer: AssetTransfer): void {
  const asset = slices.assets.find(context, transfer.asset.assetId);
  if (!asset) throw new Error("a queued transfer's asset is registered");
  const destination = findDestination(context, slices, transfer.asset);
  if (typeof destination === "number") {
    sendBack(context, slices, transfer, { failure: destination, payee: ZERO_32, pocket: "held" });
    return;
  }
  moveToFlight(context, asset, transfer.asset.amount);
  proceed(context, slices, { transfer, asset, destination, payee: ZERO_32 });
}

/** SETTLED: on its final strand, or in an account of the rope. */
export function arrive(
  context: Context,
  slices: TransferSlices,
  parts: {
    readonly transfer: AssetTransfer;
    readonly asset: AssetRecord;
    readonly gateway: Uint8Array;
    readonly payee: Uint8Array;
    /** of `gateway`, at which it is proven to be there */
    readonly provenHeight: bigint;
  },
): void {
  const { transfer, asset, gateway, payee, provenHeight: height } = parts;
  const { amount, tokenId, finalRecipient } = transfer.asset;
  const { assetId } = asset;
  credit(context, asset, gateway, amount, "inFlight");
  count(context, assetId, gateway, { settled: amount });
  const at = slices.assets.representation(context, assetId, gateway);
  if (at) countFlow(context, { assetId, gateway }, at, { inflow: amount });
  place(context, slices, { asset, tokenId, amount, gateway, owner: finalRecipient, height });
  end(context, slices, transfer, { state: TRANSFER_STATE.settled, failure: 0, payee });
}

/** RETURNED: the debit is reversed, out of the pocket in which the value waits. */
export function sendBack(
  context: Context,
  slices: TransferSlices,
  transfer: AssetTransfer,
  why: { readonly failure: number; readonly payee: Uint8Array; readonly pocket: Pocket },
): void {
  const { leg1, asset: payload } = transfer;
  const { amount, tokenId, assetId } = payload;
  const asset = slices.assets.find(context, assetId);
  if (!asset) throw new Error("a moving transfer's asset is registered");
  credit(context, asset, leg1.sourceGateway, amount, why.pocket);
  const source = { assetId, gateway: leg1.sourceGateway };
  const from = slices.assets.representation(context, assetId, leg1.sourceGateway);
  // What never got away does not count against the window; what was held was never counted.
  if (from && why.pocket === "inFlight") countFlow(context, source, from, { inflow: amount });
  count(context, assetId, leg1.sourceGateway, { refundAcked: amount });
  place(context, slices, {
    asset,
    tokenId,
    amount,
    gateway: leg1.sourceGateway,
    owner: leg1.sender,
    // It is not back there yet, so nothing that is proven by now can tell of it.
    height: slices.directory.latestHeight(context, leg1.sourceGateway) + 1n,
  });
  const { failure, payee } = why;
  end(context, slices, transfer, { state: TRANSFER_STATE.returned, failure, payee });
}

/** Where a title is now, and the balance of a rope account. */
function place(
  context: Context,
  { holdings, directory }: TransferSlices,
  parts: {
    readonly asset: AssetRecord;
    readonly tokenId: Uint8Array;
    readonly amount: bigint;
    readonly gateway: Uint8Array;
    readonly owner: Uint8Array;
    readonly height: bigint;
  },
): void {
  const { asset, tokenId, amount, gateway, owner, height } = parts;
  const onRope = equalBytes(gateway, directory.ropeGateway(context));
  const holder = onRope ? b32ToAccount(owner) : ZERO_20;
  if (!holder) throw new Error("an account of the rope has 20 bytes");
  if (onRope) holdings.credit(context, asset, holder, amount);
  if (asset.assetClass !== ASSET_CLASS.unique) return;
  holdings.settleTitle(context, asset, tokenId, { gateway, holder, height });
}

function end(
  context: Context,
  { outlet }: TransferSlices,
  transfer: TransferRecord,
  how: {
    readonly state: 3 | 4;
    readonly failure: number;
    readonly payee: Uint8Array;
  },
): void {
  const status = how.state === TRANSFER_STATE.settled ? ACK_STATUS.delivered : ACK_STATUS.failed;
  outlet.finish(context, transfer.leg1, status, how.failure, how.payee);
  saveTransfer(context, {
    ...transfer,
    state: how.state,
    failure: how.failure,
    endedHeight: context.height,
    endedAtMs: context.timeMs,
  });
}
