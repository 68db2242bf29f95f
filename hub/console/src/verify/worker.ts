import { type VerdictRequest, verifyConservation } from "./verify-conservation.ts";

self.addEventListener("message", (event: MessageEvent<VerdictRequest>) => {
  self.postMessage(verifyConservation(event.data));
});
