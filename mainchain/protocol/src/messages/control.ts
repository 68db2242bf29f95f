import { b32, type Codec, choice, struct, text, u16, u64 } from "../codec/codec.ts";

/** 1 node (its validator's account, as b32), 2 asset (id), 3 strand (gateway), 4 data resource (credential id) */
export type ControlSubject = 1 | 2 | 3 | 4;
export const CONTROL_SUBJECT: {
  readonly node: 1;
  readonly asset: 2;
  readonly strand: 3;
  readonly data: 4;
} = { node: 1, asset: 2, strand: 3, data: 4 };

/** Why, as a number and as the digest of the reasons in words, which are kept elsewhere. */
export interface Grounds {
  readonly reason: number;
  readonly textHash: Uint8Array;
}

/** Orders a halt in the name of one's office; it stands once enough other offices have approved. */
export interface OrderHalt extends Grounds {
  readonly subjectKind: ControlSubject;
  readonly subject: Uint8Array;
  /** it lapses by itself then */
  readonly untilMs: bigint;
  readonly office: string;
}
export const orderHaltCodec: Codec<OrderHalt> = struct<OrderHalt>({
  subjectKind: choice<ControlSubject>(1, 2, 3, 4),
  subject: b32,
  reason: u16,
  textHash: b32,
  untilMs: u64,
  office: text(32),
});

export interface ApproveHalt {
  readonly haltId: Uint8Array;
  readonly office: string;
}
export const approveHaltCodec: Codec<ApproveHalt> = struct<ApproveHalt>({
  haltId: b32,
  office: text(32),
});

/** The first one proposes to lift, those of the other offices approve. */
export interface LiftHalt extends Grounds {
  readonly haltId: Uint8Array;
  readonly office: string;
}
export const liftHaltCodec: Codec<LiftHalt> = struct<LiftHalt>({
  haltId: b32,
  reason: u16,
  textHash: b32,
  office: text(32),
});

/** 部门主权: an issuer alone halts its own data resource, at once. */
export interface HaltOwn extends Grounds {
  readonly credentialId: Uint8Array;
  readonly untilMs: bigint;
}
export const haltOwnCodec: Codec<HaltOwn> = struct<HaltOwn>({
  credentialId: b32,
  reason: u16,
  textHash: b32,
  untilMs: u64,
});

/** By the issuer that ordered it. */
export interface LiftOwn extends Grounds {
  readonly haltId: Uint8Array;
}
export const liftOwnCodec: Codec<LiftOwn> = struct<LiftOwn>({
  haltId: b32,
  reason: u16,
  textHash: b32,
});

/** By whom it concerns; once per halt. */
export interface AppealHalt {
  readonly haltId: Uint8Array;
  readonly textHash: Uint8Array;
}
export const appealHaltCodec: Codec<AppealHalt> = struct<AppealHalt>({
  haltId: b32,
  textHash: b32,
});

/** 1 the halt stands, 2 it ends */
export type AppealDecision = 1 | 2;
export const APPEAL_DECISION: { readonly upheld: 1; readonly overturned: 2 } = {
  upheld: 1,
  overturned: 2,
};

/** By offices and accounts that had no part in the order. */
export interface DecideAppeal extends Grounds {
  readonly haltId: Uint8Array;
  readonly decision: AppealDecision;
  readonly office: string;
}
export const decideAppealCodec: Codec<DecideAppeal> = struct<DecideAppeal>({
  haltId: b32,
  decision: choice<AppealDecision>(1, 2),
  reason: u16,
  textHash: b32,
  office: text(32),
});
