export * from "./bytes.ts";
export * from "./coded-error.ts";
export * from "./foreign.ts";
export * from "./sm2.ts";
export * from "./sm3.ts";
export * from "./sm4.ts";
