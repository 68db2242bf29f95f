import { type VerdictRequest, verifyConservation } from "./verify-conservation.ts";
import { type TransferVerdictRequest, verifyTransfer } from "./verify-transfer.ts";

export type WorkerRequest =
  | { readonly about: "conservation"; readonly request: VerdictRequest }
  | { readonly about: "transfer"; readonly request: TransferVerdictRequest };

self.addEventListener("message", ({ data }: MessageEvent<WorkerRequest>) => {
  self.postMessage(
    data.about === "conservation" ? verifyConservation(data.request) : verifyTransfer(data.request),
  );
});
