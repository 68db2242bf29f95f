import { CodedError } from "@ropenet/protocol";

export type AccountsErrorInfo =
  | { readonly code: "accounts/insufficient"; readonly balance: bigint; readonly amount: bigint }
  | { readonly code: "accounts/zero-amount" }
  | { readonly code: "accounts/overflow" };

export class AccountsError extends CodedError<AccountsErrorInfo> {}
