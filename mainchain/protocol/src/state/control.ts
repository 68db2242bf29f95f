import {
  b20,
  b32,
  bool,
  type Codec,
  choice,
  list,
  optional,
  struct,
  text,
  u16,
  u64,
} from "../codec/codec.ts";
import type { AppealDecision, ControlSubject } from "../messages/control.ts";

/** More than there are offices. */
const MAX_ENDORSEMENTS = 16;

/** What somebody said in the name of an office. */
export interface Endorsement {
  readonly office: string;
  readonly account: Uint8Array;
  readonly atMs: bigint;
}
const endorsementCodec: Codec<Endorsement> = struct<Endorsement>({
  office: text(32),
  account: b20,
  atMs: u64,
});

export interface Verdict extends Endorsement {
  readonly decision: AppealDecision;
  readonly reason: number;
  readonly textHash: Uint8Array;
}

export interface Appeal {
  readonly appellant: Uint8Array;
  readonly textHash: Uint8Array;
  readonly atMs: bigint;
  /** 0 = open */
  readonly decision: 0 | AppealDecision;
  readonly verdicts: readonly Verdict[];
}

/** 1 ordered, 2 in force until `untilMs`, 3 lifted */
export type HaltState = 1 | 2 | 3;
export const HALT_STATE: { readonly ordered: 1; readonly inForce: 2; readonly lifted: 3 } = {
  ordered: 1,
  inForce: 2,
  lifted: 3,
};

/** One act of sovereign control, from its order to its end. Never deleted. */
export interface HaltRecord {
  readonly haltId: Uint8Array;
  readonly index: bigint;
  readonly subjectKind: ControlSubject;
  readonly subject: Uint8Array;
  readonly reason: number;
  readonly textHash: Uint8Array;
  /** by an issuer for its own data resource */
  readonly departmental: boolean;
  readonly orderedBy: Uint8Array;
  readonly orderedAtMs: bigint;
  readonly untilMs: bigint;
  readonly state: HaltState;
  /** 0 = never in force */
  readonly sinceHeight: bigint;
  readonly approvals: readonly Endorsement[];
  readonly lifts: readonly Endorsement[];
  readonly liftReason: number;
  readonly liftTextHash: Uint8Array;
  readonly endedAtMs: bigint;
  readonly appeal: Appeal | null;
}
export const haltRecordCodec: Codec<HaltRecord> = struct<HaltRecord>({
  haltId: b32,
  index: u64,
  subjectKind: choice<ControlSubject>(1, 2, 3, 4),
  subject: b32,
  reason: u16,
  textHash: b32,
  departmental: bool,
  orderedBy: b20,
  orderedAtMs: u64,
  untilMs: u64,
  state: choice<HaltState>(1, 2, 3),
  sinceHeight: u64,
  approvals: list(endorsementCodec, MAX_ENDORSEMENTS),
  lifts: list(endorsementCodec, MAX_ENDORSEMENTS),
  liftReason: u16,
  liftTextHash: b32,
  endedAtMs: u64,
  appeal: optional(
    struct<Appeal>({
      appellant: b20,
      textHash: b32,
      atMs: u64,
      decision: choice<0 | AppealDecision>(0, 1, 2),
      verdicts: list(
        struct<Verdict>({
          office: text(32),
          account: b20,
          atMs: u64,
          decision: choice<AppealDecision>(1, 2),
          reason: u16,
          textHash: b32,
        }),
        MAX_ENDORSEMENTS,
      ),
    }),
  ),
});
