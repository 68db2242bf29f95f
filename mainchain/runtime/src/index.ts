export { type ApplicationOptions, createApplication } from "./app.ts";
export { AppError, type AppErrorInfo, InvariantViolation } from "./app-error.ts";
export type {
  Context,
  Handler,
  Invariant,
  Module,
  StateView,
  TransactionContext,
} from "./module.ts";
export {
  type CheckpointToSign,
  type HandoverToSign,
  type Queries,
  QueryError,
  type QueryErrorInfo,
  type SignedCheckpoint,
  type SignedHandover,
} from "./queries/queries.ts";
export { createRuntime, type Runtime, type RuntimeOptions } from "./runtime.ts";
export type { StateSnapshots } from "./snapshots.ts";
export type { StateEntry } from "./state/export-state.ts";
export { ImportError, type ImportErrorInfo, type ImportTarget } from "./state/import-state.ts";
export { KEPT_VERSIONS } from "./state/sweep.ts";
