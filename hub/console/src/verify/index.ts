import { api, type TransferDetail } from "../api.ts";
import { loadPin, savePin } from "./pin-store.ts";
import type { TrustPin } from "./trust.ts";
import type { ConservationVerdict } from "./verify-conservation.ts";
import type { TransferVerdict } from "./verify-transfer.ts";
import type { WorkerRequest } from "./worker.ts";

export { forgetPin } from "./pin-store.ts";
export type { TrustPin } from "./trust.ts";

interface Verdict {
  readonly failure: string | undefined;
  readonly pin: TrustPin | undefined;
}

/** In a worker, so that signatures do not stop the page. */
async function judge<T extends Verdict>(request: WorkerRequest): Promise<T> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    const verdict = await new Promise<T>((resolve, reject) => {
      worker.addEventListener("message", (event: MessageEvent<T>) => resolve(event.data));
      worker.addEventListener("error", (event) => reject(new Error(event.message)));
      worker.postMessage(request);
    });
    // A pin moves only with a verdict that stood: whoever could change it otherwise could change everything.
    if (verdict.failure === undefined && verdict.pin) savePin(verdict.pin);
    return verdict;
  } finally {
    worker.terminate();
  }
}

export async function checkConservation(): Promise<ConservationVerdict> {
  const request = { view: await api.conservation(), pin: loadPin(), nowMs: Date.now() };
  return await judge({ about: "conservation", request });
}

export interface CheckedTransfer {
  readonly detail: TransferDetail;
  readonly verdict: TransferVerdict;
}

export async function checkTransfer(id: string): Promise<CheckedTransfer> {
  const detail = await api.transfer(id);
  const request = { id, detail, pin: loadPin(), nowMs: Date.now() };
  return { detail, verdict: await judge({ about: "transfer", request }) };
}
