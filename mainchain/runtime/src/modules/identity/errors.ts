import { CodedError } from "@ropenet/protocol";

export type IdentityErrorInfo =
  | {
      readonly code: "identity/not-in-office";
      readonly office: string;
      readonly account: Uint8Array;
    }
  | { readonly code: "identity/unknown-office"; readonly office: string }
  | {
      readonly code: "identity/in-office";
      readonly office: string;
      readonly account: Uint8Array;
    }
  | { readonly code: "identity/not-a-member"; readonly account: Uint8Array }
  | { readonly code: "identity/member-suspended"; readonly account: Uint8Array }
  | { readonly code: "identity/member-exists"; readonly memberId: Uint8Array }
  | { readonly code: "identity/account-taken"; readonly account: Uint8Array }
  | { readonly code: "identity/unknown-member"; readonly memberId: Uint8Array };

export class IdentityError extends CodedError<IdentityErrorInfo> {}
