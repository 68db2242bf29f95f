export {
  fetchSetSteps,
  fetchSignedHeader,
  type SetStep,
  type SignedHeader,
} from "./light/follow-sets.ts";
export * from "./light/light-client.ts";
export * from "./rope.ts";
export { createFailoverRpcClient } from "./rpc/failover.ts";
export * from "./rpc/rpc-client.ts";
export * from "./rpc/rpc-error.ts";
export * from "./rpc/rpc-methods.ts";
export * from "./wallet/wallet.ts";
