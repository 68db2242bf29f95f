import { type Handover, handoverCodec } from "../checkpoint/checkpoint.ts";
import { b32, bool, type Codec, struct, u64 } from "../codec/codec.ts";

/** The newest checkpoint of a suite, and whether > 2/3 of the power has signed it. */
export interface LatestCheckpointRecord {
  /** last height for which a checkpoint was due */
  readonly dueHeight: bigint;
  readonly dueTimeMs: bigint;
  /** last height with a quorum of signatures */
  readonly completeHeight: bigint;
}
export const latestCheckpointRecordCodec: Codec<LatestCheckpointRecord> =
  struct<LatestCheckpointRecord>({
    dueHeight: u64,
    dueTimeMs: u64,
    completeHeight: u64,
  });

/** What was canonical at a height, kept longer than the checkpoint itself: every other signature is an offence. */
export interface CanonicalDigestRecord {
  readonly digest: Uint8Array;
  readonly timeMs: bigint;
}
export const canonicalDigestRecordCodec: Codec<CanonicalDigestRecord> =
  struct<CanonicalDigestRecord>({ digest: b32, timeMs: u64 });

/** The one statement by which an epoch's signers hand over, and whether > 2/3 of their power has signed it. */
export interface HandoverRecord {
  readonly handover: Handover;
  readonly complete: boolean;
}
export const handoverRecordCodec: Codec<HandoverRecord> = struct<HandoverRecord>({
  handover: handoverCodec,
  complete: bool,
});
