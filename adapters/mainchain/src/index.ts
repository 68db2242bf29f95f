export * from "./rope-adapter.ts";
