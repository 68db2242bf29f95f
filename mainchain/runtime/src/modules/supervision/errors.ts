import { CodedError } from "@ropenet/protocol";

export type SupervisionErrorInfo =
  | { readonly code: "hold/too-long"; readonly holdUntilMs: bigint; readonly limitMs: bigint }
  | { readonly code: "hold/in-the-past"; readonly holdUntilMs: bigint; readonly nowMs: bigint }
  | { readonly code: "hold/no-legal-basis" }
  | { readonly code: "hold/exists"; readonly holdId: Uint8Array }
  | { readonly code: "hold/unknown"; readonly holdId: Uint8Array }
  | { readonly code: "hold/lifted"; readonly holdId: Uint8Array };

export class SupervisionError extends CodedError<SupervisionErrorInfo> {}
