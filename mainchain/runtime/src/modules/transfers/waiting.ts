import {
  CONTROL_SUBJECT,
  type HaltRecord,
  type QueueReason,
  stateKey,
  TRANSFER_STATE,
  ZERO_32,
} from "@ropenet/protocol";
import type { Context, StateView } from "../../module.ts";
import type { Halts } from "../../slices.ts";
import type { TransferSlices } from "./admit.ts";
import { limitedUntil } from "./limits.ts";
import { type AssetTransfer, saveTransfer } from "./records.ts";

export const REASON = { hold: 1, limit: 2, large: 3, halt: 4 } as const;
const MARK = Uint8Array.of(1);

export interface Wait {
  readonly reason: QueueReason;
  readonly holdId: Uint8Array;
  readonly releaseAtMs: bigint;
}

/** Why a transfer may not go on now. Source: docs/protocol.md §7. */
export function whyWait(
  context: Context,
  { holds, halts, assets }: TransferSlices,
  { leg1, asset, transferId }: AssetTransfer,
  waited: boolean,
): Wait | undefined {
  const { assetId, amount, finalGateway, finalRecipient } = asset;
  const gateway = leg1.sourceGateway;
  const hold = holds.match(context, {
    transferId,
    accounts: [leg1.sender, finalRecipient],
    assetId,
    gateways: [gateway, finalGateway],
  });
  if (hold) {
    return { reason: REASON.hold, holdId: hold.holdId, releaseAtMs: hold.holdUntilMs };
  }
  const halt = haltOf(context, halts, assetId, [gateway, finalGateway]);
  if (halt) return { reason: REASON.halt, holdId: halt.haltId, releaseAtMs: halt.untilMs };
  const representation = assets.representation(context, assetId, gateway);
  if (!representation) return undefined;
  const releaseAtMs = limitedUntil(context, { assetId, gateway, amount, waited }, representation);
  if (releaseAtMs === undefined) return undefined;
  const reason = amount > representation.netLimit ? REASON.large : REASON.limit;
  return { reason, holdId: ZERO_32, releaseAtMs };
}

function haltOf(
  context: Context,
  halts: Halts,
  assetId: Uint8Array,
  gateways: readonly Uint8Array[],
): HaltRecord | undefined {
  const subjects = [
    [CONTROL_SUBJECT.asset, assetId] as const,
    ...gateways.map((gateway) => [CONTROL_SUBJECT.strand, gateway] as const),
  ];
  for (const [kind, subject] of subjects) {
    const halt = halts.find(context, kind, subject);
    if (halt) return halt;
  }
  return undefined;
}

export function enqueue(context: Context, transfer: AssetTransfer, wait: Wait): void {
  const { state } = context;
  const { transferId, index } = transfer;
  state.set(stateKey.releaseQueue(wait.releaseAtMs, index), transferId);
  if (wait.reason === REASON.hold || wait.reason === REASON.halt)
    state.set(stateKey.heldTransfer(wait.holdId, transferId), MARK);
  saveTransfer(context, {
    ...transfer,
    state: TRANSFER_STATE.queued,
    queueReason: wait.reason,
    holdId: wait.holdId,
    releaseAtMs: wait.releaseAtMs,
  });
}

export function dequeue(
  state: StateView,
  { transferId, index, releaseAtMs, holdId }: AssetTransfer,
): void {
  state.delete(stateKey.releaseQueue(releaseAtMs, index));
  const held = stateKey.heldTransfer(holdId, transferId);
  if (state.get(held)) state.delete(held);
}
