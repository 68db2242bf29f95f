import { type MessageName, OFFICES } from "@ropenet/protocol";

/**
 * Who may send a message at all. `offices`: holders of any one of them, and nobody else. `everybody`: no office is
 * needed and none helps; what the sender must be instead, the message's own module checks.
 */
export type Access = { readonly offices: readonly string[] } | { readonly everybody: string };

const admission: Access = { offices: ["admission"] };
const standards: Access = { offices: ["standards"] };
const supervision: Access = { offices: ["supervision"] };
const anyOffice: Access = { offices: OFFICES };
const relayers: Access = { everybody: "proofs speak for themselves" };
const validators: Access = { everybody: "for the sender's own validator" };

/** Role × action. A message without a row does not compile; a row without the office denies. */
export const MATRIX: { readonly [K in MessageName]: Access } = {
  "accounts/transfer": { everybody: "its own coins" },
  "identity/admit-member": admission,
  "identity/suspend-member": admission,
  "chains/register": { everybody: "members; in the development profile anybody" },
  "chains/approve": admission,
  "chains/reject": admission,
  "chains/suspend": admission,
  "chains/resume": admission,
  "chains/update-client": relayers,
  "packets/receive": relayers,
  "packets/acknowledge": relayers,
  "transfers/send-asset": { everybody: "its own holdings" },
  "transfers/observe-books": relayers,
  "asset/register": standards,
  "asset/add-representation": standards,
  "asset/issue": { everybody: "the asset's registrant" },
  "asset/transfer": { everybody: "its own holdings" },
  "asset/pledge": { everybody: "the title's holder" },
  "asset/release-pledge": { everybody: "the pledge's creditor" },
  "asset/observe-lien": relayers,
  "data-credential/issue": { everybody: "members" },
  "data-credential/confirm": { everybody: "named co-issuers" },
  "data-credential/delegate": { everybody: "issuers that are members" },
  "data-credential/revoke": { everybody: "issuers" },
  "data-credential/observe-usage": relayers,
  "supervision/place-hold": supervision,
  "supervision/lift-hold": supervision,
  "checkpoints/sign": validators,
  "checkpoints/request": { everybody: "whoever pays for it" },
  "checkpoints/sign-handover": validators,
  "staking/create-validator": { everybody: "holders of a listed authority's certificate" },
  "staking/delegate": { everybody: "its own coins" },
  "staking/undelegate": { everybody: "its own stake" },
  "staking/claim-unbonded": { everybody: "its own stake" },
  "staking/set-commission": validators,
  "staking/unjail": validators,
  "staking/withdraw-rewards": { everybody: "its own rewards" },
  "staking/renew-admission": validators,
  "staking/revoke-admission": admission,
  "slashing/report-statement": relayers,
  "governance/propose": { everybody: "whoever pays the deposit" },
  "governance/vote": { everybody: "validators of the set at the proposal's start" },
  "control/halt": anyOffice,
  "control/approve": anyOffice,
  "control/lift": anyOffice,
  "control/halt-own": { everybody: "issuers of the data resource" },
  "control/lift-own": { everybody: "the issuer that ordered the halt" },
  "control/appeal": { everybody: "whom the halt concerns" },
  "control/decide-appeal": anyOffice,
};

/** Offices of which one is needed; undefined = none is. */
export function officesFor(name: MessageName): readonly string[] | undefined {
  const access = MATRIX[name];
  return "offices" in access ? access.offices : undefined;
}
