import { failureCode, HOLD_DEFAULT, stateKey, ZERO_32 } from "@ropenet/protocol";
import type { Context, StateView } from "../../module.ts";
import type { TransferSlices } from "./admit.ts";
import { release, sendBack } from "./courses.ts";
import { type AssetTransfer, requireTransfer } from "./records.ts";
import { dequeue, enqueue, REASON, whyWait } from "./waiting.ts";

/** Queued transfers that one block takes up; the rest follows in the next. */
const RELEASES_PER_BLOCK = 256;
const LIFTED_PER_BLOCK = 16;
const FULL_32 = new Uint8Array(32).fill(0xff);
const REFUSED_BY_SUPERVISION = failureCode("refused-by-supervision");

function takeUp(
  context: Context,
  slices: TransferSlices,
  transferId: Uint8Array,
  decision: number,
): void {
  const transfer = requireTransfer(context.state, transferId);
  if (!transfer.asset) throw new Error("only asset transfers are queued");
  const queued: AssetTransfer = { ...transfer, asset: transfer.asset };
  dequeue(context.state, queued);
  // One authority's decision ends its own hold: what another one holds stays, and what was decided is kept for then.
  const returns = decision === HOLD_DEFAULT.return || queued.failure === REFUSED_BY_SUPERVISION;
  const failure = returns ? REFUSED_BY_SUPERVISION : 0;
  const wait = whyWait(context, slices, queued, true);
  if (wait && (!returns || wait.reason === REASON.hold)) {
    enqueue(context, { ...queued, failure }, wait);
  } else if (returns) {
    sendBack(context, slices, queued, { failure, payee: ZERO_32, pocket: "held" });
  } else {
    release(context, slices, queued);
  }
}

/** A lifted hold, with the decision: what waits for it is taken up at the end of this block and the next ones. */
export function noteLifted(context: Context, holdId: Uint8Array, decision: number): void {
  const [first] = context.state.range(
    stateKey.heldTransfer(holdId, ZERO_32),
    stateKey.heldTransfer(holdId, FULL_32),
    1,
  );
  if (first) context.state.set(stateKey.liftedHold(holdId), Uint8Array.of(decision));
}

function liftedHolds(state: StateView): readonly (readonly [Uint8Array, number])[] {
  return state
    .range(stateKey.liftedHold(ZERO_32), stateKey.liftedHold(FULL_32), LIFTED_PER_BLOCK)
    .map(([key, value]) => [key.slice(-32), value[0] ?? 0] as const);
}

function dueTransfers(
  state: StateView,
  timeMs: bigint,
  limit: number,
): readonly (readonly [Uint8Array, Uint8Array])[] {
  const from = stateKey.releaseQueue(0n, 0n);
  return state.range(from, stateKey.releaseQueue(timeMs + 1n, 0n), limit);
}

/** When the time is up: what was decided of the hold, if that is still to be carried out, or else its default. */
function decisionAtEnd(context: Context, { holds }: TransferSlices, holdId: Uint8Array): number {
  const [decided] = context.state.get(stateKey.liftedHold(holdId)) ?? [];
  return decided ?? holds.find(context, holdId)?.onExpiry ?? HOLD_DEFAULT.forward;
}

/** Before anything new of a block: what has waited long enough, the oldest first, so that nothing is overtaken. */
export function runDue(context: Context, slices: TransferSlices): void {
  const { state, timeMs } = context;
  const due = dueTransfers(state, timeMs, RELEASES_PER_BLOCK).map(([, transferId]) =>
    requireTransfer(state, transferId),
  );
  for (const { transferId, holdId } of due.toSorted((one, other) =>
    Number(one.index - other.index),
  )) {
    takeUp(context, slices, transferId, decisionAtEnd(context, slices, holdId));
  }
}

/** After the last transaction of a block: what was decided of holds. */
export function runLifted(context: Context, slices: TransferSlices): void {
  const { state } = context;
  let left = RELEASES_PER_BLOCK;
  for (const [holdId, decision] of liftedHolds(state)) {
    const held = state.range(
      stateKey.heldTransfer(holdId, ZERO_32),
      stateKey.heldTransfer(holdId, FULL_32),
      left + 1,
    );
    for (const [key] of held.slice(0, left)) {
      takeUp(context, slices, key.slice(-32), decision);
    }
    if (held.length <= left) state.delete(stateKey.liftedHold(holdId));
    left -= Math.min(left, held.length);
  }
}

export function isQueueDue(state: StateView, nowMs: bigint): boolean {
  return liftedHolds(state).length > 0 || dueTransfers(state, nowMs, 1).length > 0;
}
