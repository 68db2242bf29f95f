export * from "./agent.ts";
export * from "./check-reservation.ts";
export * from "./departments.ts";
export * from "./request.ts";
