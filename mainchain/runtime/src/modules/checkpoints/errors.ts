import { CodedError } from "@ropenet/protocol";

export type CheckpointsErrorInfo =
  | { readonly code: "checkpoint/unknown"; readonly suite: number; readonly height: bigint }
  | { readonly code: "checkpoint/not-a-validator"; readonly account: Uint8Array }
  | { readonly code: "checkpoint/already-signed"; readonly height: bigint; readonly suite: number }
  | { readonly code: "checkpoint/bad-signature"; readonly height: bigint; readonly suite: number }
  | { readonly code: "checkpoint/malformed"; readonly reason: string }
  /** so old that the chain no longer knows what it said then */
  | { readonly code: "checkpoint/forgotten"; readonly height: bigint }
  | {
      readonly code: "handover/unknown";
      readonly suite: number;
      readonly fromEpoch: bigint;
    }
  | {
      readonly code: "handover/already-signed";
      readonly fromEpoch: bigint;
      readonly suite: number;
    }
  | {
      readonly code: "handover/bad-signature";
      readonly fromEpoch: bigint;
      readonly suite: number;
    };

export class CheckpointsError extends CodedError<CheckpointsErrorInfo> {}
