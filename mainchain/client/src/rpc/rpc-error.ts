import { CodedError } from "@ropenet/protocol";

export type RpcErrorInfo =
  | { readonly code: "rpc/unreachable"; readonly url: string; readonly detail: string }
  | {
      readonly code: "rpc/bad-answer";
      readonly url: string;
      readonly method: string;
      readonly detail: string;
    }
  /** what the node refused, under the node's own code */
  | {
      readonly code: string;
      readonly url: string;
      readonly method: string;
      readonly operands: unknown;
    };

export class RpcError extends CodedError<RpcErrorInfo> {}
