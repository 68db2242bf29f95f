import {
  APPEAL_DECISION,
  type AppealHalt,
  bytesToHex,
  type DecideAppeal,
  type Verdict,
} from "@ropenet/protocol";
import { readGovernanceParameters } from "../../governance-parameters.ts";
import type { TransactionContext } from "../../module.ts";
import type { Offices } from "../../slices.ts";
import { type ControlParts, concerned } from "./effects.ts";
import { ControlError } from "./errors.ts";
import { assertConcerned, endHalt } from "./orders.ts";
import { assertNew, endorse, isInForce, requireHalt, saveHalt } from "./records.ts";

/** By whom the halt concerns; once per halt, as long as it is in force. */
export function appealHalt(
  context: TransactionContext,
  { haltId, textHash }: AppealHalt,
  parts: ControlParts,
): void {
  const halt = requireHalt(context, haltId);
  if (!isInForce(halt, context.timeMs)) {
    throw new ControlError({ code: "control/not-in-force", haltId, state: halt.state });
  }
  assertConcerned(context, concerned(context, halt.subjectKind, halt.subject, parts));
  if (halt.appeal) throw new ControlError({ code: "control/appealed", haltId });
  const { sender: appellant, timeMs: atMs } = context;
  const appeal = { appellant, textHash, atMs, decision: 0, verdicts: [] } as const;
  saveHalt(context, { ...halt, appeal });
  context.emit("control.appealed", { haltId: bytesToHex(haltId) });
}

/** Nobody judges his own order: neither an office that ordered or approved, nor an account that did. */
export function decideAppeal(
  context: TransactionContext,
  { haltId, decision, office, reason, textHash }: DecideAppeal,
  slices: { readonly offices: Offices; readonly parts: ControlParts },
): void {
  const halt = requireHalt(context, haltId);
  const { appeal } = halt;
  if (appeal?.decision !== 0) throw new ControlError({ code: "control/no-appeal", haltId });
  if (!isInForce(halt, context.timeMs)) {
    throw new ControlError({ code: "control/not-in-force", haltId, state: halt.state });
  }
  const voice = endorse(context, office, slices.offices);
  assertNew([...halt.approvals, ...appeal.verdicts], office, context);
  const verdict: Verdict = { ...voice, decision, reason, textHash };
  const verdicts = [...appeal.verdicts, verdict];
  const alike = verdicts.filter((one) => one.decision === decision).length;
  const { appealQuorum } = readGovernanceParameters(context.state, context.parameters);
  const isDecided = alike >= appealQuorum;
  const judged = {
    ...halt,
    appeal: { ...appeal, verdicts, decision: isDecided ? decision : 0 },
  } as const;
  context.emit("control.verdict", { haltId: bytesToHex(haltId), decision: String(decision) });
  if (isDecided && decision === APPEAL_DECISION.overturned) {
    endHalt(context, judged, { reason, textHash }, slices.parts);
  } else {
    saveHalt(context, judged);
  }
}
