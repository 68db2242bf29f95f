import { b32, type Codec, choice, struct, text, u16, u64 } from "../codec/codec.ts";

/** 1 transfer (its id), 2 account (b32), 3 asset (its id), 4 gateway (its uid). */
export type HoldSubjectKind = 1 | 2 | 3 | 4;
export type HoldDefault = 1 | 2;
export const HOLD_DEFAULT: { readonly forward: 1; readonly return: 2 } = { forward: 1, return: 2 };

/** Standing order: what it matches is queued between the legs. At most 72 h. */
export interface PlaceHold {
  readonly subjectKind: HoldSubjectKind;
  readonly subject: Uint8Array;
  readonly reason: number;
  readonly legalBasis: string;
  readonly holdUntilMs: bigint;
  readonly onExpiry: HoldDefault;
}

export const placeHoldCodec: Codec<PlaceHold> = struct<PlaceHold>({
  subjectKind: choice<HoldSubjectKind>(1, 2, 3, 4),
  subject: b32,
  reason: u16,
  legalBasis: text(256),
  holdUntilMs: u64,
  onExpiry: choice<HoldDefault>(1, 2),
});

/** 1 release what is queued under the hold, 2 deny (return it). */
export interface LiftHold {
  readonly holdId: Uint8Array;
  readonly decision: 1 | 2;
  readonly reason: number;
}

export const liftHoldCodec: Codec<LiftHold> = struct<LiftHold>({
  holdId: b32,
  decision: choice<1 | 2>(1, 2),
  reason: u16,
});
