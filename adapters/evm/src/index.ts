export * from "./attestor/attestor-error.ts";
export * from "./attestor/attestor-service.ts";
export { type AttestorConfig, loadAttestorConfig } from "./attestor/config.ts";
export type { AttestationJson } from "./attestor/http-server.ts";
export * from "./generated/artifacts.ts";
export * from "./network/anvil.ts";
export * from "./rpc/header.ts";
export * from "./rpc/json-rpc.ts";
