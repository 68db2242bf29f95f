import { bytesToHex } from "@ropenet/protocol";
import type { Module } from "../../module.ts";
import type {
  ChainDirectory,
  Holds,
  Offices,
  PacketHandler,
  PacketOutlet,
  Quarantines,
  StrandVerifier,
} from "../../slices.ts";
import { credentialPackets } from "./credential-packets.ts";
import { delegateCredential } from "./delegate-credential.ts";
import { CredentialError } from "./errors.ts";
import { quota } from "./invariants.ts";
import { confirmCredential, issueCredential } from "./issue-credential.ts";
import { observeUsage } from "./observe-usage.ts";
import { readMark, writeMark } from "./records.ts";
import { revokeCredential } from "./revoke-credential.ts";

/** What governance may undo. */
export const quarantines: Quarantines = {
  lift(context, credentialId, gateway): void {
    const mark = readMark(context.state, credentialId, gateway);
    if (!mark.quarantined)
      throw new CredentialError({ code: "credential/not-quarantined", gateway });
    writeMark(context, credentialId, gateway, { ...mark, quarantined: false });
    context.emit("data-credential.quarantine-lifted", {
      credentialId: bytesToHex(credentialId),
      gateway: bytesToHex(gateway),
    });
  },
};

/** The right to use data, in units that are partitioned between gateways. Source: docs/protocol.md §5. */
export function createDataCredentialModule(slices: {
  readonly directory: ChainDirectory;
  readonly verifier: StrandVerifier;
  readonly offices: Offices;
  readonly holds: Holds;
  readonly outlet: PacketOutlet;
}): Module & { readonly credentialPackets: PacketHandler } {
  return {
    name: "data-credential",
    credentialPackets,
    handlers: {
      "data-credential/issue": (context, body) => issueCredential(context, body, slices),
      "data-credential/confirm": (context, body) => confirmCredential(context, body),
      "data-credential/delegate": (context, body) => delegateCredential(context, body, slices),
      "data-credential/revoke": (context, body) => revokeCredential(context, body, slices),
      "data-credential/observe-usage": (context, body) =>
        observeUsage(context, body, slices.verifier),
    },
    invariants: [quota],
  };
}
