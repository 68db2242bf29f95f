import {
  b32,
  bytesToHex,
  digest,
  type HoldRecord,
  holdRecordCodec,
  type LiftHold,
  type PlaceHold,
  SUITE_SM,
  stateKey,
} from "@ropenet/protocol";
import {
  type Context,
  type Module,
  readRecord,
  type TransactionContext,
  writeRecord,
} from "../../module.ts";
import type { Holds, QueuedTransfers } from "../../slices.ts";
import { SupervisionError } from "./errors.ts";

const SUBJECT = { transfer: 1, account: 2, asset: 3, gateway: 4 } as const;

function find(context: Context, holdId: Uint8Array): HoldRecord | undefined {
  return readRecord(context.state, stateKey.hold(holdId), holdRecordCodec);
}

function standing(context: Context, kind: number, subject: Uint8Array): HoldRecord | undefined {
  const id = readRecord(context.state, stateKey.holdBySubject(kind, subject), b32);
  const hold = id && find(context, id);
  return hold && !hold.lifted && hold.holdUntilMs > context.timeMs ? hold : undefined;
}

const holds: Holds = {
  find,
  match(context, { transferId, accounts, assetId, gateways }): HoldRecord | undefined {
    const subjects: readonly (readonly [number, Uint8Array])[] = [
      [SUBJECT.transfer, transferId],
      ...accounts.map((account) => [SUBJECT.account, account] as const),
      [SUBJECT.asset, assetId],
      ...gateways.map((gateway) => [SUBJECT.gateway, gateway] as const),
    ];
    for (const [kind, subject] of subjects) {
      const hold = standing(context, kind, subject);
      if (hold) return hold;
    }
    return undefined;
  },
};

/** 暂缓: reasoned, time-boxed, with what happens when the time is over. */
function placeHold(context: TransactionContext, body: PlaceHold, queued: QueuedTransfers): void {
  const { state, timeMs, parameters, sender, transactionId } = context;
  const { subjectKind, subject, reason, legalBasis, holdUntilMs, onExpiry } = body;
  if (legalBasis.length === 0) throw new SupervisionError({ code: "hold/no-legal-basis" });
  if (holdUntilMs <= timeMs)
    throw new SupervisionError({ code: "hold/in-the-past", holdUntilMs, nowMs: timeMs });
  const limitMs = timeMs + parameters.maxHoldMs;
  if (holdUntilMs > limitMs)
    throw new SupervisionError({ code: "hold/too-long", holdUntilMs, limitMs });
  const known = standing(context, subjectKind, subject);
  if (known) throw new SupervisionError({ code: "hold/exists", holdId: known.holdId });
  if (subjectKind === SUBJECT.transfer) queued.assertHoldable(context, subject);
  const holdId = digest(SUITE_SM, "hold", transactionId);
  writeRecord(state, stateKey.hold(holdId), holdRecordCodec, {
    holdId,
    subjectKind,
    subject,
    reason,
    legalBasis,
    authority: sender,
    placedAtMs: timeMs,
    holdUntilMs,
    onExpiry,
    lifted: false,
  });
  writeRecord(state, stateKey.holdBySubject(subjectKind, subject), b32, holdId);
  context.emit("supervision.hold-placed", {
    holdId: bytesToHex(holdId),
    subject: bytesToHex(subject),
    reason: String(reason),
  });
}

function liftHold(context: TransactionContext, body: LiftHold, queued: QueuedTransfers): void {
  const { holdId, decision, reason } = body;
  const hold = find(context, holdId);
  if (!hold) throw new SupervisionError({ code: "hold/unknown", holdId });
  if (hold.lifted) throw new SupervisionError({ code: "hold/lifted", holdId });
  writeRecord(context.state, stateKey.hold(holdId), holdRecordCodec, { ...hold, lifted: true });
  queued.releaseHeld(context, holdId, decision);
  context.emit("supervision.hold-lifted", {
    holdId: bytesToHex(holdId),
    decision: String(decision),
    reason: String(reason),
  });
}

/** Holds: standing orders that keep what they match between the legs. */
export function createSupervisionModule(
  queued: QueuedTransfers,
): Module & { readonly holds: Holds } {
  return {
    name: "supervision",
    holds,
    handlers: {
      "supervision/place-hold": (context, body) => placeHold(context, body, queued),
      "supervision/lift-hold": (context, body) => liftHold(context, body, queued),
    },
  };
}
