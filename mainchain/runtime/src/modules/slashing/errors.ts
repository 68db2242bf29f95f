import { CodedError } from "@ropenet/protocol";

export type SlashingErrorInfo =
  | { readonly code: "slashing/unknown-validator"; readonly validator: Uint8Array }
  | { readonly code: "slashing/already-tombstoned"; readonly validator: Uint8Array }
  | { readonly code: "slashing/canonical" };

export class SlashingError extends CodedError<SlashingErrorInfo> {}
