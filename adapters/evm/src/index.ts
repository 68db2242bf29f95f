export * from "./adapter.ts";
export * from "./attestor/attestor-error.ts";
export * from "./attestor/attestor-service.ts";
export { type AttestorConfig, loadAttestorConfig } from "./attestor/config.ts";
export type { AttestationJson } from "./attestor/http-server.ts";
export {
  type CallReceipt,
  type ContractCaller,
  callerOf,
  type EvmAccount,
  openEvmAccount,
} from "./contracts/contract-caller.ts";
export { GATEWAY_ERROR_CODES } from "./contracts/error-codes.ts";
export * from "./contracts/interfaces.ts";
export { ContractRefusal, decodeRevert, type RevertInfo } from "./contracts/revert.ts";
export * from "./deploy.ts";
export * from "./gateway-client.ts";
export * from "./generated/artifacts.ts";
export * from "./network/anvil.ts";
export * from "./rpc/header.ts";
export * from "./rpc/json-rpc.ts";
export * from "./story-client.ts";
