import { api } from "../api.ts";
import type { ConservationVerdict } from "./verify-conservation.ts";

/** Fetches the proofs and checks them in a worker, so that signatures do not stop the page. */
export async function checkConservation(): Promise<ConservationVerdict> {
  const view = await api.conservation();
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise<ConservationVerdict>((resolve, reject) => {
      worker.addEventListener("message", (event: MessageEvent<ConservationVerdict>) =>
        resolve(event.data),
      );
      worker.addEventListener("error", (event) => reject(new Error(event.message)));
      worker.postMessage(view);
    });
  } finally {
    worker.terminate();
  }
}
