import { CodedError } from "@ropenet/protocol";

export type CheckpointsErrorInfo =
  | { readonly code: "checkpoint/unknown"; readonly suite: number; readonly height: bigint }
  | { readonly code: "checkpoint/not-a-validator"; readonly account: Uint8Array }
  | { readonly code: "checkpoint/already-signed"; readonly height: bigint; readonly suite: number }
  | { readonly code: "checkpoint/bad-signature"; readonly height: bigint; readonly suite: number };

export class CheckpointsError extends CodedError<CheckpointsErrorInfo> {}
