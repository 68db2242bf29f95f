export * from "./config.ts";
export * from "./lane.ts";
export * from "./plan/plan-batch.ts";
export * from "./queue/trigger-queue.ts";
export * from "./relayer.ts";
