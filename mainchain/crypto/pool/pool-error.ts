import { CodedError } from "../src/index.ts";

export type PoolErrorInfo =
  /** More items wait than `maxQueued`: `await pool.room()` first. */
  | { readonly code: "pool/full"; readonly queued: number; readonly maxQueued: number }
  | { readonly code: "pool/closed" }
  /** The item made a worker fail twice, the second time on its own. */
  | { readonly code: "pool/worker-lost" }
  | { readonly code: "pool/bad-option"; readonly option: string };

export class PoolError extends CodedError<PoolErrorInfo> {}
