import { CodedError } from "@ropenet/protocol";

export type PacketsErrorInfo =
  | { readonly code: "packet/empty-batch" }
  | { readonly code: "packet/bad-version"; readonly version: number }
  | { readonly code: "packet/unknown-kind"; readonly kind: number }
  | { readonly code: "packet/wrong-source"; readonly sourceGateway: Uint8Array }
  | { readonly code: "packet/wrong-destination"; readonly destinationGateway: Uint8Array }
  | { readonly code: "packet/zero-sequence" }
  | { readonly code: "packet/not-leg-one" }
  | { readonly code: "packet/payload-mismatch"; readonly sequence: bigint }
  | { readonly code: "packet/not-committed"; readonly sequence: bigint }
  | { readonly code: "packet/already-received"; readonly sequence: bigint }
  /** what it gives back is still in flight to its strand: to be tried again after that is acknowledged */
  | { readonly code: "packet/early-return"; readonly sequence: bigint }
  | { readonly code: "packet/out-of-order"; readonly expected: bigint; readonly sequence: bigint }
  | { readonly code: "packet/unknown-sent"; readonly sequence: bigint }
  | { readonly code: "packet/already-acknowledged"; readonly sequence: bigint }
  | { readonly code: "packet/acknowledges-another"; readonly sequence: bigint }
  | { readonly code: "packet/not-received-there"; readonly sequence: bigint }
  | { readonly code: "packet/bad-status"; readonly status: number }
  | { readonly code: "packet/duplicate-in-batch"; readonly sequence: bigint };

export class PacketsError extends CodedError<PacketsErrorInfo> {}
