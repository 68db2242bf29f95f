import { CodedError } from "@ropenet/protocol";

export type CredentialErrorInfo =
  | { readonly code: "credential/unknown"; readonly credentialId: Uint8Array }
  | { readonly code: "credential/exists"; readonly credentialId: Uint8Array }
  | { readonly code: "credential/bad-field"; readonly field: string }
  | { readonly code: "credential/not-an-issuer"; readonly account: Uint8Array }
  | { readonly code: "credential/already-confirmed"; readonly account: Uint8Array }
  | { readonly code: "credential/not-confirmed"; readonly missing: number }
  | { readonly code: "credential/revoked"; readonly revokedAtMs: bigint }
  | { readonly code: "credential/expired"; readonly expiryMs: bigint }
  | { readonly code: "credential/lease-too-long"; readonly limitMs: bigint }
  | { readonly code: "credential/lease-not-settled"; readonly leaseUntilMs: bigint }
  | { readonly code: "credential/other-grantee"; readonly gateway: Uint8Array }
  | { readonly code: "credential/too-many-gateways"; readonly limit: number }
  | {
      readonly code: "credential/quota-exceeded";
      readonly remaining: bigint;
      readonly quota: bigint;
    }
  | { readonly code: "credential/held"; readonly holdId: Uint8Array }
  | { readonly code: "credential/quarantined"; readonly gateway: Uint8Array }
  | { readonly code: "credential/not-quarantined"; readonly gateway: Uint8Array }
  | { readonly code: "credential/no-position"; readonly gateway: Uint8Array }
  | { readonly code: "credential/usage-not-proven"; readonly counter: string }
  | {
      readonly code: "credential/older-than-known";
      readonly height: bigint;
      readonly known: bigint;
    }
  | { readonly code: "credential/use-undone"; readonly used: bigint; readonly known: bigint };

export class CredentialError extends CodedError<CredentialErrorInfo> {}
