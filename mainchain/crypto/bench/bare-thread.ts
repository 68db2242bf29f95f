import { parentPort, workerData } from "node:worker_threads";
import { createSm2Verifier, type Sm2VerifyItem } from "../src/index.ts";

/** A thread that has its items already: what the pool is measured against. */
const items = workerData as readonly Sm2VerifyItem[];
const verifier = createSm2Verifier();
parentPort?.on("message", () => {
  parentPort?.postMessage(verifier.verifyMany(items).every(Boolean));
});
