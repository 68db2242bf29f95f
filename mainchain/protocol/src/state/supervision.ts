import { b20, b32, bool, type Codec, struct, text, u8, u16, u64 } from "../codec/codec.ts";

export interface HoldRecord {
  readonly holdId: Uint8Array;
  readonly subjectKind: number;
  readonly subject: Uint8Array;
  readonly reason: number;
  readonly legalBasis: string;
  readonly authority: Uint8Array;
  readonly placedAtMs: bigint;
  readonly holdUntilMs: bigint;
  readonly onExpiry: number;
  readonly lifted: boolean;
}
export const holdRecordCodec: Codec<HoldRecord> = struct<HoldRecord>({
  holdId: b32,
  subjectKind: u8,
  subject: b32,
  reason: u16,
  legalBasis: text(256),
  authority: b20,
  placedAtMs: u64,
  holdUntilMs: u64,
  onExpiry: u8,
  lifted: bool,
});
