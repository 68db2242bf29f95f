import {
  digest,
  HOLD_DEFAULT,
  type HoldDefault,
  type HoldSubjectKind,
  SUITE_SM,
} from "@ropenet/protocol";
import { HOUR_MS, officer } from "./genesis.ts";
import { plan, type RopeBench } from "./rope-bench.ts";

export const SUBJECT = { transfer: 1, account: 2, asset: 3, gateway: 4 } as const;

export interface HoldPlan {
  readonly kind: HoldSubjectKind;
  readonly subject: Uint8Array;
  readonly forMs?: bigint;
  readonly onExpiry?: HoldDefault;
}

/** Places a hold, returns its id. */
export function placeHold(
  rope: RopeBench,
  { kind, subject, forMs = HOUR_MS, onExpiry = HOLD_DEFAULT.forward }: HoldPlan,
): Uint8Array {
  const { transactions } = rope.do(
    plan(officer.supervision, "supervision/place-hold", {
      subjectKind: kind,
      subject,
      reason: 7,
      legalBasis: "《测试条例》第一条（虚构）",
      holdUntilMs: rope.timeMs + forMs,
      onExpiry,
    }),
  );
  return digest(SUITE_SM, "hold", transactions[0]?.id ?? new Uint8Array(32));
}

export function liftHold(rope: RopeBench, holdId: Uint8Array, decision: 1 | 2): void {
  rope.do(plan(officer.supervision, "supervision/lift-hold", { holdId, decision, reason: 8 }));
}
