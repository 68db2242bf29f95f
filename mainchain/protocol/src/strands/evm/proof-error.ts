import { CodedError } from "@ropenet/crypto";

export type ProofErrorInfo =
  | { readonly code: "proof/bad-rlp" }
  | { readonly code: "proof/bad-node"; readonly depth: number }
  | { readonly code: "proof/wrong-node"; readonly index: number }
  | { readonly code: "proof/missing-node"; readonly index: number }
  | { readonly code: "proof/unused-node"; readonly unused: number }
  | { readonly code: "proof/empty-root" }
  | { readonly code: "proof/bad-length"; readonly field: string; readonly length: number }
  | { readonly code: "proof/account-absent" }
  | { readonly code: "proof/bad-account" }
  | { readonly code: "proof/bad-value" }
  | {
      readonly code: "proof/code-hash-mismatch";
      readonly expected: Uint8Array;
      readonly actual: Uint8Array;
    };

/** A state proof that does not prove what it claims. Source: docs/protocol.md §6, §8. */
export class ProofError extends CodedError<ProofErrorInfo> {}
