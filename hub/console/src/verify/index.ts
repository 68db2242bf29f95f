import { api } from "../api.ts";
import { loadPin, savePin } from "./pin-store.ts";
import type { ConservationVerdict, VerdictRequest } from "./verify-conservation.ts";

export { forgetPin } from "./pin-store.ts";
export type { TrustPin } from "./trust.ts";

/** Fetches the proofs and checks them in a worker, so that signatures do not stop the page. */
export async function checkConservation(): Promise<ConservationVerdict> {
  const request: VerdictRequest = {
    view: await api.conservation(),
    pin: loadPin(),
    nowMs: Date.now(),
  };
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    const verdict = await new Promise<ConservationVerdict>((resolve, reject) => {
      worker.addEventListener("message", (event: MessageEvent<ConservationVerdict>) =>
        resolve(event.data),
      );
      worker.addEventListener("error", (event) => reject(new Error(event.message)));
      worker.postMessage(request);
    });
    // A pin moves only with a verdict that stood: whoever could change it otherwise could change everything.
    if (verdict.failure === undefined) savePin(verdict.pin);
    return verdict;
  } finally {
    worker.terminate();
  }
}
