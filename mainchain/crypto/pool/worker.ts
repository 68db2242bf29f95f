import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { createSm2Verifier } from "../src/index.ts";
import { answerSlot, ringOf, SLOTS, waitForBatch } from "./ring.ts";

/** A verifying thread: sleeps in Atomics.wait, answers a slot, says which one. It has no other input. */
const { memory, maxKeyTables } = workerData as {
  readonly memory: SharedArrayBuffer;
  readonly maxKeyTables: number;
};
const ring = ringOf(memory);
const verifier = createSm2Verifier({ maxKeyTables });

/** A message too long for the ring: posted before its batch was published, so it is there. */
function receive(): Uint8Array {
  const received = parentPort === null ? undefined : receiveMessageOnPort(parentPort);
  if (received === undefined) throw new Error("posted message missing");
  return received.message as Uint8Array;
}

for (let done = 0; ; ) {
  const published = waitForBatch(ring, done | 0);
  while ((done | 0) !== published) {
    const slot = (done >>> 0) % SLOTS;
    answerSlot(ring, slot, receive, (items) => verifier.verifyMany(items));
    done = (done + 1) | 0;
    parentPort?.postMessage(slot);
  }
}
