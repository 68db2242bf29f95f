import { CodedError } from "@ropenet/protocol";

export type GovernanceErrorInfo =
  | { readonly code: "governance/unknown-action"; readonly kind: number }
  | { readonly code: "governance/bad-action"; readonly reason: string }
  | { readonly code: "governance/bad-field"; readonly field: string }
  | { readonly code: "governance/unknown-parameter"; readonly set: number; readonly name: string }
  | { readonly code: "governance/bad-parameter"; readonly name: string; readonly rule: string }
  | { readonly code: "governance/too-many-open"; readonly limit: number }
  | { readonly code: "governance/unknown-proposal"; readonly proposalId: bigint }
  | { readonly code: "governance/not-voting"; readonly proposalId: bigint; readonly state: number }
  | { readonly code: "governance/no-vote"; readonly account: Uint8Array }
  | { readonly code: "governance/too-soon"; readonly height: bigint; readonly earliest: bigint };

export class GovernanceError extends CodedError<GovernanceErrorInfo> {}
