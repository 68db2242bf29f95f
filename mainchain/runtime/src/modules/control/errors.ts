import { CodedError } from "@ropenet/protocol";

export type ControlErrorInfo =
  | { readonly code: "control/halted"; readonly haltId: Uint8Array; readonly untilMs: bigint }
  | { readonly code: "control/bad-field"; readonly field: string }
  | {
      readonly code: "control/unknown-subject";
      readonly kind: number;
      readonly subject: Uint8Array;
    }
  | { readonly code: "control/already-halted"; readonly haltId: Uint8Array }
  | { readonly code: "control/too-long"; readonly untilMs: bigint; readonly latestMs: bigint }
  | { readonly code: "control/too-much-power"; readonly halted: bigint; readonly total: bigint }
  | { readonly code: "control/unknown-halt"; readonly haltId: Uint8Array }
  | { readonly code: "control/not-ordered"; readonly haltId: Uint8Array; readonly state: number }
  | { readonly code: "control/not-in-force"; readonly haltId: Uint8Array; readonly state: number }
  | { readonly code: "control/order-lapsed"; readonly haltId: Uint8Array }
  | { readonly code: "control/office-has-spoken"; readonly office: string }
  | { readonly code: "control/account-has-spoken"; readonly account: Uint8Array }
  | {
      readonly code: "control/not-in-office";
      readonly office: string;
      readonly account: Uint8Array;
    }
  | { readonly code: "control/departmental"; readonly haltId: Uint8Array }
  | { readonly code: "control/not-departmental"; readonly haltId: Uint8Array }
  | { readonly code: "control/not-concerned"; readonly account: Uint8Array }
  | { readonly code: "control/appealed"; readonly haltId: Uint8Array }
  | { readonly code: "control/no-appeal"; readonly haltId: Uint8Array };

export class ControlError extends CodedError<ControlErrorInfo> {}
