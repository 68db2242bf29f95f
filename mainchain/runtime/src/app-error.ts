import { CodedError } from "@ropenet/protocol";

export type AppErrorInfo =
  | { readonly code: "tx/malformed"; readonly reason: string }
  | { readonly code: "tx/wrong-version"; readonly version: number }
  | { readonly code: "tx/wrong-chain" }
  | { readonly code: "tx/expired"; readonly expiryHeight: bigint; readonly height: bigint }
  | { readonly code: "tx/expiry-too-far"; readonly expiryHeight: bigint; readonly limit: bigint }
  | { readonly code: "tx/wrong-nonce"; readonly nonce: bigint; readonly expected: bigint }
  | { readonly code: "tx/bad-signature" }
  /** free of fee, hence not for everybody */
  | { readonly code: "tx/validators-only"; readonly sender: Uint8Array }
  | { readonly code: "tx/cannot-pay"; readonly feeLimit: bigint; readonly balance: bigint }
  | { readonly code: "fee/limit-exceeded"; readonly feeLimit: bigint; readonly needed: bigint }
  | { readonly code: "block/bad-header"; readonly field: string }
  | { readonly code: "block/bad-transaction"; readonly index: number; readonly reason: string }
  | { readonly code: "block/too-much-work"; readonly work: bigint; readonly limit: bigint }
  | { readonly code: "app/not-applied" }
  | { readonly code: "app/genesis-exists" };

export class AppError extends CodedError<AppErrorInfo> {}

/** A broken book or rule of the chain itself: the node halts instead of going on with it. */
export class InvariantViolation extends Error {
  constructor(name: string, sentences: readonly string[]) {
    super(`${name}: ${sentences.join("; ")}`);
    this.name = "InvariantViolation";
  }
}
