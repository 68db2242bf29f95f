import { CodedError } from "@ropenet/protocol";

export type ChainsErrorInfo =
  | { readonly code: "chain/unknown"; readonly gateway: Uint8Array }
  | { readonly code: "chain/exists"; readonly gateway: Uint8Array }
  | { readonly code: "chain/not-active"; readonly gateway: Uint8Array; readonly state: number }
  | { readonly code: "chain/not-open"; readonly gateway: Uint8Array; readonly state: number }
  | { readonly code: "chain/not-suspended"; readonly gateway: Uint8Array; readonly state: number }
  | { readonly code: "chain/too-many"; readonly what: string; readonly limit: number }
  /** the pending record is not the one that the approval names */
  | { readonly code: "chain/other-record"; readonly gateway: Uint8Array }
  | { readonly code: "chain/not-pending"; readonly gateway: Uint8Array; readonly state: number }
  | { readonly code: "chain/bad-field"; readonly field: string }
  | { readonly code: "client/frozen"; readonly gateway: Uint8Array }
  | { readonly code: "client/expired"; readonly gateway: Uint8Array; readonly updatedAtMs: bigint }
  | { readonly code: "client/known-header"; readonly height: bigint }
  | { readonly code: "client/not-forward"; readonly height: bigint; readonly latest: bigint }
  | { readonly code: "client/unknown-height"; readonly height: bigint }
  | { readonly code: "client/time-not-forward"; readonly timeMs: bigint; readonly latest: bigint }
  | { readonly code: "client/zero-root" };

export class ChainsError extends CodedError<ChainsErrorInfo> {}
