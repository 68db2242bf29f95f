import {
  bytesToHex,
  CREDENTIAL_ACTION,
  credentialPayloadCodec,
  digest,
  encode,
  equalBytes,
  LANE_DEFAULT,
  PACKET_KIND,
  type RevokeCredential,
  SUITE_SM,
  ZERO_32,
} from "@ropenet/protocol";
import type { TransactionContext } from "../../module.ts";
import type { ChainDirectory, PacketOutlet } from "../../slices.ts";
import { CREDENTIAL_GAS } from "./delegate-credential.ts";
import { CredentialError } from "./errors.ts";
import { issuerIndex } from "./issue-credential.ts";
import { noteUnderWay, requireCredential, writeCredential } from "./records.ts";

/** A revocation does not go stale with a slow relayer. */
const TIMEOUT_MS = 365n * 24n * 3_600_000n;

/** By any issuer, at once and for good; a packet tells every gateway that has ever been sent units. */
export function revokeCredential(
  context: TransactionContext,
  { credentialId, reason }: RevokeCredential,
  slices: { readonly directory: ChainDirectory; readonly outlet: PacketOutlet },
): void {
  const { timeMs, sender } = context;
  const record = requireCredential(context.state, credentialId);
  issuerIndex(record.issuers, sender);
  if (record.revokedAtMs !== 0n) {
    throw new CredentialError({ code: "credential/revoked", revokedAtMs: record.revokedAtMs });
  }
  writeCredential(context, { ...record, revokedAtMs: timeMs });
  for (const gateway of record.gateways) {
    if (equalBytes(gateway, record.homeGateway)) continue;
    // Suspended chains too: what they hold must end there as well.
    const chain = slices.directory.find(context, gateway);
    if (!chain) throw new Error("a position at a gateway that nobody registered");
    const transferId = digest(SUITE_SM, "revocation", context.transactionId, gateway);
    slices.outlet.send(context, {
      kind: PACKET_KIND.credential,
      lane: LANE_DEFAULT,
      destination: chain,
      transferId,
      sender: ZERO_32,
      recipient: gateway,
      timeoutMs: timeMs + TIMEOUT_MS,
      gasLimit: CREDENTIAL_GAS,
      payload: encode(credentialPayloadCodec, {
        action: CREDENTIAL_ACTION.revoke,
        credentialId,
        quota: 0n,
        leaseUntilMs: 0n,
        scalar: 0n,
        finalGateway: gateway,
        finalGrantee: ZERO_32,
        homeGateway: record.homeGateway,
        purpose: record.purpose,
        classification: record.classification,
        expiryMs: record.expiryMs,
        revokedAtMs: timeMs,
        policyHash: record.policyHash,
      }),
    });
    noteUnderWay(context, transferId, {
      action: CREDENTIAL_ACTION.revoke,
      credentialId,
      quota: 0n,
      grantee: ZERO_32,
      leaseUntilMs: 0n,
    });
  }
  context.emit("data-credential.revoked", {
    credentialId: bytesToHex(credentialId),
    by: bytesToHex(sender),
    reason: String(reason),
  });
}
