export * from "./api/openapi.ts";
export * from "./api/schemas.ts";
export * from "./config.ts";
export * from "./server.ts";
