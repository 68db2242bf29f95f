export * from "./network/actors.ts";
export * from "./network/network.ts";
export * from "./network/plan.ts";
export * from "./network/strand.ts";
export * from "./process/supervisor.ts";
export * from "./story/report.ts";
export * from "./story/story.ts";
