import {
  type FlowRecord,
  flowRecordCodec,
  MAX_AMOUNT,
  type RepresentationRecord,
  stateKey,
} from "@ropenet/protocol";
import { type Context, readRecord, writeRecord } from "../../module.ts";

const EMPTY: FlowRecord = { windowStartMs: 0n, outflow: 0n, inflow: 0n };

function currentFlow(
  context: Context,
  assetId: Uint8Array,
  gateway: Uint8Array,
  windowMs: bigint,
): FlowRecord {
  const windowStartMs = context.timeMs - (context.timeMs % windowMs);
  const key = stateKey.flow(assetId, gateway);
  const known = readRecord(context.state, key, flowRecordCodec) ?? EMPTY;
  return known.windowStartMs === windowStartMs ? known : { ...EMPTY, windowStartMs };
}

const saturate = (amount: bigint): bigint => (amount > MAX_AMOUNT ? MAX_AMOUNT : amount);

/**
 * When `amount` may leave `gateway`: undefined = now, otherwise the start of the next window. The first of a window
 * always may, so that an amount above the limit is delayed and never stuck.
 */
export function limitedUntil(
  context: Context,
  parts: {
    readonly assetId: Uint8Array;
    readonly gateway: Uint8Array;
    readonly amount: bigint;
    readonly waited: boolean;
  },
  { netLimit, windowMs }: RepresentationRecord,
): bigint | undefined {
  if (netLimit === 0n) return undefined;
  const flow = currentFlow(context, parts.assetId, parts.gateway, windowMs);
  const net = flow.outflow > flow.inflow ? flow.outflow - flow.inflow : 0n;
  if (net + parts.amount <= netLimit || (parts.waited && flow.outflow === 0n)) return undefined;
  return flow.windowStartMs + windowMs;
}

/** Counts what left or came, for the limit of the window. */
export function countFlow(
  context: Context,
  parts: { readonly assetId: Uint8Array; readonly gateway: Uint8Array },
  { netLimit, windowMs }: RepresentationRecord,
  moved: { readonly outflow?: bigint; readonly inflow?: bigint },
): void {
  if (netLimit === 0n) return;
  const flow = currentFlow(context, parts.assetId, parts.gateway, windowMs);
  writeRecord(context.state, stateKey.flow(parts.assetId, parts.gateway), flowRecordCodec, {
    ...flow,
    outflow: saturate(flow.outflow + (moved.outflow ?? 0n)),
    inflow: saturate(flow.inflow + (moved.inflow ?? 0n)),
  });
}
