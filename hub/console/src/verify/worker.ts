import type { ConservationView } from "../api.ts";
import { verifyConservation } from "./verify-conservation.ts";

self.addEventListener("message", (event: MessageEvent<ConservationView>) => {
  self.postMessage(verifyConservation(event.data));
});
