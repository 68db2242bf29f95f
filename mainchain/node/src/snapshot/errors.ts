import { CodedError } from "@ropenet/protocol";

export type SnapshotErrorInfo =
  | { readonly code: "snapshot/unreadable"; readonly file: string; readonly detail: string }
  | { readonly code: "snapshot/exists"; readonly directory: string }
  | { readonly code: "snapshot/not-empty"; readonly directory: string }
  | { readonly code: "snapshot/no-such-height"; readonly height: bigint; readonly newest: bigint }
  | { readonly code: "snapshot/bad-manifest"; readonly detail: string }
  | { readonly code: "snapshot/wrong-chain" }
  /** no peer offers one that reaches the trusted height */
  | { readonly code: "snapshot/no-offer"; readonly peers: number }
  /** a piece is not the one that the manifest names */
  | { readonly code: "snapshot/bad-piece"; readonly part: PieceKind; readonly index: number }
  /** entries are not in the order of the tree, or one comes twice */
  | { readonly code: "snapshot/out-of-order"; readonly index: number }
  /** the same entries have another, canonical division into pieces */
  | { readonly code: "snapshot/not-canonical"; readonly index: number }
  | {
      readonly code: "snapshot/wrong-root";
      readonly expected: Uint8Array;
      readonly got: Uint8Array;
    }
  /** no committed header that is trusted here vouches for it */
  | { readonly code: "snapshot/untrusted"; readonly height: bigint; readonly reason: string };

export type PieceKind = "state" | "chain";

/** Why a snapshot is not taken. Nothing of it is left behind then. */
export class SnapshotError extends CodedError<SnapshotErrorInfo> {}
