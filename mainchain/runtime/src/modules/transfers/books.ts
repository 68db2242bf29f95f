import {
  type AssetRecord,
  type ConservationRecord,
  conservationRecordCodec,
  equalBytes,
  MAX_AMOUNT,
  type PositionRecord,
  positionRecordCodec,
  stateKey,
} from "@ropenet/protocol";
import { type Context, readRecord, type StateView, writeRecord } from "../../module.ts";

/** Where value is that has left one strand and is not on the next. */
export type Pocket = "inFlight" | "held";

const EMPTY_BOOKS: ConservationRecord = {
  height: 0n,
  escrow: 0n,
  outstandingTotal: 0n,
  inFlight: 0n,
  held: 0n,
};

const EMPTY_POSITION: PositionRecord = {
  outstanding: 0n,
  inFlight: 0n,
  received: 0n,
  sent: 0n,
  settled: 0n,
  refundAcked: 0n,
  observedHeight: 0n,
  observedOut: 0n,
  observedIn: 0n,
  observedRefunded: 0n,
  observedBalance: 0n,
  flags: 0,
};

const FROZEN = 1;

export function readBooks(state: StateView, assetId: Uint8Array): ConservationRecord {
  return readRecord(state, stateKey.conservation(assetId), conservationRecordCodec) ?? EMPTY_BOOKS;
}

function writeBooks(context: Context, assetId: Uint8Array, books: ConservationRecord): void {
  writeRecord(context.state, stateKey.conservation(assetId), conservationRecordCodec, {
    ...books,
    height: context.height,
  });
}

export function openBooks(context: Context, assetId: Uint8Array): void {
  writeBooks(context, assetId, EMPTY_BOOKS);
}

export function readPosition(
  state: StateView,
  assetId: Uint8Array,
  gateway: Uint8Array,
): PositionRecord {
  return (
    readRecord(state, stateKey.position(assetId, gateway), positionRecordCodec) ?? EMPTY_POSITION
  );
}

export function writePosition(
  state: StateView,
  assetId: Uint8Array,
  gateway: Uint8Array,
  position: PositionRecord,
): void {
  writeRecord(state, stateKey.position(assetId, gateway), positionRecordCodec, position);
}

/** What the rope has counted of one asset at one gateway; only ever grows. */
export function count(
  context: Context,
  assetId: Uint8Array,
  gateway: Uint8Array,
  grown: Partial<Record<"received" | "sent" | "settled" | "refundAcked", bigint>>,
): void {
  const position = readPosition(context.state, assetId, gateway);
  writePosition(context.state, assetId, gateway, {
    ...position,
    received: position.received + (grown.received ?? 0n),
    sent: position.sent + (grown.sent ?? 0n),
    settled: position.settled + (grown.settled ?? 0n),
    refundAcked: position.refundAcked + (grown.refundAcked ?? 0n),
  });
}

export function isFrozen(state: StateView, assetId: Uint8Array, gateway: Uint8Array): boolean {
  return (readPosition(state, assetId, gateway).flags & FROZEN) !== 0;
}

export function freeze(state: StateView, assetId: Uint8Array, gateway: Uint8Array): void {
  const position = readPosition(state, assetId, gateway);
  writePosition(state, assetId, gateway, { ...position, flags: position.flags | FROZEN });
}

/** What a violated cut or a quarantine froze; the next proven cut freezes it again if the books still disagree. */
export function unfreeze(state: StateView, assetId: Uint8Array, gateway: Uint8Array): boolean {
  if (!isFrozen(state, assetId, gateway)) return false;
  const position = readPosition(state, assetId, gateway);
  writePosition(state, assetId, gateway, { ...position, flags: position.flags & ~FROZEN });
  return true;
}

/** What a strand owes or holds: its origin's escrow is the other side of everybody's outstanding. */
function moveOutstanding(
  context: Context,
  asset: AssetRecord,
  gateway: Uint8Array,
  amount: bigint,
): { readonly escrow: bigint; readonly outstandingTotal: bigint } {
  if (equalBytes(gateway, asset.originGateway)) return { escrow: -amount, outstandingTotal: 0n };
  const position = readPosition(context.state, asset.assetId, gateway);
  const outstanding = position.outstanding + amount;
  // The codec has no negative numbers; whoever calls has asked `canGive` first.
  writePosition(context.state, asset.assetId, gateway, { ...position, outstanding });
  return { escrow: 0n, outstandingTotal: amount };
}

/** Leg 2 is out (`amount` > 0), or answered (`amount` < 0). */
export function countFlight(
  context: Context,
  assetId: Uint8Array,
  gateway: Uint8Array,
  amount: bigint,
): void {
  const position = readPosition(context.state, assetId, gateway);
  writePosition(context.state, assetId, gateway, {
    ...position,
    inFlight: position.inFlight + amount,
  });
}

/**
 * `early`: it may have what is in flight to it, and say so before its receipt is heard. `overdrawn`: it gives back
 * what it cannot hold.
 */
export type Funds = "enough" | "early" | "overdrawn" | "overflow";

/** Whether `gateway` can have sent `amount`. Source: docs/protocol.md §4.2, ADR 0014. */
export function funds(
  state: StateView,
  asset: AssetRecord,
  gateway: Uint8Array,
  amount: bigint,
): Funds {
  if (equalBytes(gateway, asset.originGateway)) {
    return readBooks(state, asset.assetId).escrow + amount > MAX_AMOUNT ? "overflow" : "enough";
  }
  const { outstanding, inFlight } = readPosition(state, asset.assetId, gateway);
  if (amount <= outstanding) return "enough";
  return amount <= outstanding + inFlight ? "early" : "overdrawn";
}

function apply(
  context: Context,
  assetId: Uint8Array,
  change: Partial<Record<keyof Omit<ConservationRecord, "height">, bigint>>,
): void {
  const books = readBooks(context.state, assetId);
  writeBooks(context, assetId, {
    height: context.height,
    escrow: books.escrow + (change.escrow ?? 0n),
    outstandingTotal: books.outstandingTotal + (change.outstandingTotal ?? 0n),
    inFlight: books.inFlight + (change.inFlight ?? 0n),
    held: books.held + (change.held ?? 0n),
  });
}

/** Off a strand, into a pocket. Source: docs/protocol.md §3. */
export function debit(
  context: Context,
  asset: AssetRecord,
  gateway: Uint8Array,
  amount: bigint,
  pocket: Pocket,
): void {
  const moved = moveOutstanding(context, asset, gateway, -amount);
  apply(context, asset.assetId, { ...moved, [pocket]: amount });
}

/** Out of a pocket, onto a strand: where it went, or back where it came from. */
export function credit(
  context: Context,
  asset: AssetRecord,
  gateway: Uint8Array,
  amount: bigint,
  pocket: Pocket,
): void {
  const moved = moveOutstanding(context, asset, gateway, amount);
  apply(context, asset.assetId, { ...moved, [pocket]: -amount });
}

export function moveToFlight(context: Context, asset: AssetRecord, amount: bigint): void {
  apply(context, asset.assetId, { held: -amount, inFlight: amount });
}
