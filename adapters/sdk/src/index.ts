export * from "./adapter-error.ts";
export * from "./chain-adapter.ts";
export * from "./run-service.ts";
