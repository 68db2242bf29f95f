export * from "./adapter-error.ts";
export * from "./chain-adapter.ts";
