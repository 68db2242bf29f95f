import {
  type ApproveHalt,
  bytesToHex,
  CONTROL_SUBJECT,
  type ControlSubject,
  digest,
  equalBytes,
  HALT_STATE,
  type HaltOwn,
  type HaltRecord,
  type LiftHalt,
  type LiftOwn,
  type OrderHalt,
  SUITE_SM,
  stateKey,
  ZERO_32,
} from "@ropenet/protocol";
import { readGovernanceParameters } from "../../governance-parameters.ts";
import type { TransactionContext } from "../../module.ts";
import type { Offices } from "../../slices.ts";
import { assertChainGoesOn, type ControlParts, concerned, putInForce, undo } from "./effects.ts";
import { ControlError } from "./errors.ts";
import {
  assertNew,
  endorse,
  isInForce,
  latestOn,
  requireHalt,
  saveHalt,
  takeHaltIndex,
} from "./records.ts";

/** @throws {ControlError} if there is nothing to halt, or something halts it already, or it would last too long */
function openOrder(
  context: TransactionContext,
  order: Pick<HaltRecord, "subjectKind" | "subject" | "reason" | "textHash" | "untilMs">,
  departmental: boolean,
): HaltRecord {
  const { state, parameters, sender, timeMs, transactionId } = context;
  const { subjectKind, subject, untilMs, reason } = order;
  if (reason === 0) throw new ControlError({ code: "control/bad-field", field: "reason" });
  if (untilMs <= timeMs) throw new ControlError({ code: "control/bad-field", field: "untilMs" });
  const { maxHaltMs, approvalMs } = readGovernanceParameters(state, parameters);
  const latestMs = timeMs + maxHaltMs;
  if (untilMs > latestMs) throw new ControlError({ code: "control/too-long", untilMs, latestMs });
  const before = latestOn(context, subjectKind, subject);
  const isPending =
    before?.state === HALT_STATE.ordered && timeMs < before.orderedAtMs + approvalMs;
  if (before && (isPending || isInForce(before, timeMs))) {
    throw new ControlError({ code: "control/already-halted", haltId: before.haltId });
  }
  const haltId = digest(SUITE_SM, "halt", transactionId, subject);
  state.set(stateKey.haltBySubject(subjectKind, subject), haltId);
  return {
    ...{ ...order, haltId, index: takeHaltIndex(context, haltId), departmental },
    ...{ orderedBy: sender, orderedAtMs: timeMs, state: HALT_STATE.ordered, sinceHeight: 0n },
    ...{ approvals: [], lifts: [], liftReason: 0, liftTextHash: ZERO_32, endedAtMs: 0n },
    appeal: null,
  };
}

const announce = (context: TransactionContext, kind: string, halt: HaltRecord): void =>
  context.emit(`control.${kind}`, {
    haltId: bytesToHex(halt.haltId),
    subjectKind: String(halt.subjectKind),
    subject: bytesToHex(halt.subject),
    untilMs: String(halt.untilMs),
  });

/** One more office agrees; the last that is needed puts the halt in force. */
function agree(
  context: TransactionContext,
  halt: HaltRecord,
  office: string,
  slices: { readonly offices: Offices; readonly parts: ControlParts },
): void {
  const voice = endorse(context, office, slices.offices);
  assertNew(halt.approvals, office, context);
  const agreed = { ...halt, approvals: [...halt.approvals, voice] };
  const { haltQuorum } = readGovernanceParameters(context.state, context.parameters);
  if (agreed.approvals.length < haltQuorum) {
    saveHalt(context, agreed);
    announce(context, "ordered", agreed);
    return;
  }
  if (halt.subjectKind === CONTROL_SUBJECT.node) assertChainGoesOn(context, halt.subject);
  saveHalt(context, putInForce(context, agreed, slices.parts));
  announce(context, "in-force", agreed);
}

function assertExists(
  context: TransactionContext,
  kind: ControlSubject,
  subject: Uint8Array,
  parts: ControlParts,
): void {
  if (concerned(context, kind, subject, parts).length > 0) return;
  throw new ControlError({ code: "control/unknown-subject", kind, subject });
}

export function orderHalt(
  context: TransactionContext,
  { office, ...order }: OrderHalt,
  slices: { readonly offices: Offices; readonly parts: ControlParts },
): void {
  assertExists(context, order.subjectKind, order.subject, slices.parts);
  agree(context, openOrder(context, order, false), office, slices);
}

export function approveHalt(
  context: TransactionContext,
  { haltId, office }: ApproveHalt,
  slices: { readonly offices: Offices; readonly parts: ControlParts },
): void {
  const halt = requireHalt(context, haltId);
  if (halt.state !== HALT_STATE.ordered) {
    throw new ControlError({ code: "control/not-ordered", haltId, state: halt.state });
  }
  const { approvalMs } = readGovernanceParameters(context.state, context.parameters);
  const lapsesMs = halt.orderedAtMs + approvalMs;
  if (context.timeMs >= lapsesMs || context.timeMs >= halt.untilMs) {
    throw new ControlError({ code: "control/order-lapsed", haltId });
  }
  agree(context, halt, office, slices);
}

/** 部门主权: nobody else is asked, and nothing but its own resource stops. */
export function haltOwn(
  context: TransactionContext,
  { credentialId, ...grounds }: HaltOwn,
  parts: ControlParts,
): void {
  const subjectKind = CONTROL_SUBJECT.data;
  assertExists(context, subjectKind, credentialId, parts);
  const issuers = concerned(context, subjectKind, credentialId, parts);
  assertConcerned(context, issuers);
  const order = openOrder(context, { ...grounds, subjectKind, subject: credentialId }, true);
  saveHalt(context, putInForce(context, order, parts));
  announce(context, "in-force", order);
}

export function assertConcerned(
  { sender }: TransactionContext,
  accounts: readonly Uint8Array[],
): void {
  if (accounts.some((account) => equalBytes(account, sender))) return;
  throw new ControlError({ code: "control/not-concerned", account: sender });
}

/** Ended before its time; its effects are undone. */
export function endHalt(
  context: TransactionContext,
  halt: HaltRecord,
  grounds: { readonly reason: number; readonly textHash: Uint8Array },
  parts: ControlParts,
): void {
  const ended = {
    ...halt,
    ...{ state: HALT_STATE.lifted, endedAtMs: context.timeMs },
    ...{ liftReason: grounds.reason, liftTextHash: grounds.textHash },
  };
  saveHalt(context, ended);
  undo(context, ended, parts);
  announce(context, "lifted", ended);
}

function requireInForce(context: TransactionContext, haltId: Uint8Array): HaltRecord {
  const halt = requireHalt(context, haltId);
  if (isInForce(halt, context.timeMs)) return halt;
  throw new ControlError({ code: "control/not-in-force", haltId, state: halt.state });
}

export function liftHalt(
  context: TransactionContext,
  { haltId, office, ...grounds }: LiftHalt,
  slices: { readonly offices: Offices; readonly parts: ControlParts },
): void {
  const halt = requireInForce(context, haltId);
  if (halt.departmental) throw new ControlError({ code: "control/departmental", haltId });
  const voice = endorse(context, office, slices.offices);
  assertNew(halt.lifts, office, context);
  const said = { ...halt, lifts: [...halt.lifts, voice] };
  const { haltQuorum } = readGovernanceParameters(context.state, context.parameters);
  if (said.lifts.length >= haltQuorum) endHalt(context, said, grounds, slices.parts);
  else saveHalt(context, said);
}

export function liftOwn(
  context: TransactionContext,
  { haltId, ...grounds }: LiftOwn,
  parts: ControlParts,
): void {
  const halt = requireInForce(context, haltId);
  if (!halt.departmental) throw new ControlError({ code: "control/not-departmental", haltId });
  assertConcerned(context, [halt.orderedBy]);
  endHalt(context, halt, grounds, parts);
}
