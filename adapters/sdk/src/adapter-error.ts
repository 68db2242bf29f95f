import { CodedError } from "@ropenet/protocol";

/** Whether trying again can help; decided once, where the failure is understood. The queue obeys it. */
export type Disposition =
  | { readonly kind: "retryable" }
  | { readonly kind: "permanent" }
  | { readonly kind: "wait-until"; readonly afterMs: number };

export interface AdapterErrorInfo {
  /** e.g. `adapter/unreachable`, `adapter/not-finalised`, `gateway/bad-proof` */
  readonly code: string;
  readonly chain: string;
  readonly disposition: Disposition;
  /**
   * `items`: something in the batch is refused, and the rest of it would pass alone. Without it, whatever is tried
   * on this chain now fails alike.
   */
  readonly about?: "items";
  readonly detail: string;
}

export class AdapterError extends CodedError<AdapterErrorInfo> {}

export function isAdapterError(error: unknown): error is AdapterError {
  return error instanceof AdapterError;
}
