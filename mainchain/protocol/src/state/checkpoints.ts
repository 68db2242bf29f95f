import { type Codec, struct, u64 } from "../codec/codec.ts";

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
