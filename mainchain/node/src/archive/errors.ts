import { CodedError } from "@ropenet/protocol";

export type ArchiveErrorInfo =
  | { readonly code: "archive/unreadable"; readonly file: string; readonly detail: string }
  | { readonly code: "archive/wrong-chain" }
  /** the block of `height`, or what vouches for it, is not what was archived */
  | { readonly code: "archive/tampered"; readonly height: bigint; readonly reason: string }
  | { readonly code: "archive/wrong-root"; readonly expected: string; readonly got: string }
  /** blocks before `from` are not in it, and no snapshot stands in their place */
  | { readonly code: "archive/no-beginning"; readonly from: bigint }
  | { readonly code: "archive/not-empty"; readonly height: bigint };

/** Why an archive is not what it should be. */
export class ArchiveError extends CodedError<ArchiveErrorInfo> {}
