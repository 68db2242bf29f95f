import { CodedError } from "@ropenet/protocol";

export type BlockErrorInfo =
  /** the bytes are not the block of that id: says nothing about the id */
  | { readonly code: "block/wrong-body"; readonly part: string }
  | { readonly code: "block/too-long"; readonly length: number; readonly limit: number }
  /** the block of that id must not be voted for */
  | { readonly code: "block/bad-link"; readonly field: string }
  | { readonly code: "block/bad-evidence"; readonly index: number; readonly reason: string }
  | { readonly code: "block/wrong-next-validators" };

export class BlockError extends CodedError<BlockErrorInfo> {}
