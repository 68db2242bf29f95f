import {
  accountToB32,
  bytesToHex,
  type ChainRecord,
  CREDENTIAL_ACTION,
  type CredentialPositionRecord,
  type CredentialRecord,
  credentialPayloadCodec,
  type DelegateCredential,
  digest,
  encode,
  equalBytes,
  LANE_DEFAULT,
  PACKET_KIND,
  SUITE_SM,
  ZERO_32,
} from "@ropenet/protocol";
import type { TransactionContext } from "../../module.ts";
import type { ChainDirectory, Holds, Offices, PacketOutlet } from "../../slices.ts";
import { CredentialError } from "./errors.ts";
import { issuerIndex } from "./issue-credential.ts";
import {
  findPosition,
  noteUnderWay,
  readMark,
  requireCredential,
  writeCredential,
  writeMark,
  writePosition,
} from "./records.ts";

const MAX_GATEWAYS = 64;
/** Storing a grant costs a gateway about a quarter of this. */
export const CREDENTIAL_GAS = 500_000;

/** @throws {CredentialError} unless every issuer stands behind it and it is still good */
function assertEffective(context: TransactionContext, record: CredentialRecord): void {
  const { revokedAtMs, expiryMs, issuers, confirmed } = record;
  if (revokedAtMs !== 0n) throw new CredentialError({ code: "credential/revoked", revokedAtMs });
  if (expiryMs <= context.timeMs)
    throw new CredentialError({ code: "credential/expired", expiryMs });
  const missing = issuers.filter((_, index) => (confirmed & (1 << index)) === 0).length;
  if (missing > 0) throw new CredentialError({ code: "credential/not-confirmed", missing });
}

/** A position only narrows, and a lease that has ended is settled before a new one begins. */
function assertContinues(
  context: TransactionContext,
  body: DelegateCredential,
  position: CredentialPositionRecord | undefined,
): void {
  // Opened, but nothing has arrived yet: the strand knows of no grantee.
  if (!position || position.leaseUntilMs === 0n) return;
  const { credentialId, finalGateway, finalGrantee } = body;
  if (!equalBytes(position.granteeCommitment, finalGrantee)) {
    throw new CredentialError({ code: "credential/other-grantee", gateway: finalGateway });
  }
  const { leaseUntilMs, remaining } = position;
  const { closed } = readMark(context.state, credentialId, finalGateway);
  if (remaining > 0n && !closed && leaseUntilMs <= context.timeMs) {
    throw new CredentialError({ code: "credential/lease-not-settled", leaseUntilMs });
  }
}

function checkFields(
  context: TransactionContext,
  body: DelegateCredential,
  record: CredentialRecord,
): void {
  const bad = (field: string): CredentialError =>
    new CredentialError({ code: "credential/bad-field", field });
  if (body.quota === 0n) throw bad("quota");
  if (equalBytes(body.finalGrantee, ZERO_32)) throw bad("finalGrantee");
  if (body.timeoutMs <= context.timeMs) throw bad("timeoutMs");
  if (body.leaseUntilMs <= context.timeMs) throw bad("leaseUntilMs");
  if (body.leaseUntilMs > record.expiryMs) {
    throw new CredentialError({ code: "credential/lease-too-long", limitMs: record.expiryMs });
  }
}

function withGateway(record: CredentialRecord, gateway: Uint8Array): readonly Uint8Array[] {
  if (record.gateways.some((known) => equalBytes(known, gateway))) return record.gateways;
  if (record.gateways.length >= MAX_GATEWAYS) {
    throw new CredentialError({ code: "credential/too-many-gateways", limit: MAX_GATEWAYS });
  }
  return [...record.gateways, gateway];
}

function sendDelegation(
  context: TransactionContext,
  outlet: PacketOutlet,
  parts: {
    readonly body: DelegateCredential;
    readonly record: CredentialRecord;
    readonly chain: ChainRecord;
  },
): void {
  const { body, record, chain } = parts;
  const { credentialId, quota, leaseUntilMs, finalGateway, finalGrantee } = body;
  const transferId = digest(SUITE_SM, "delegation", context.transactionId);
  outlet.send(context, {
    kind: PACKET_KIND.credential,
    lane: LANE_DEFAULT,
    destination: chain,
    transferId,
    // Who issued it is nobody's business on the strand (docs/protocol.md §1).
    sender: ZERO_32,
    recipient: finalGrantee,
    timeoutMs: body.timeoutMs,
    gasLimit: CREDENTIAL_GAS,
    payload: encode(credentialPayloadCodec, {
      action: CREDENTIAL_ACTION.delegate,
      credentialId,
      quota,
      leaseUntilMs,
      scalar: 0n,
      finalGateway,
      finalGrantee,
      homeGateway: record.homeGateway,
      purpose: record.purpose,
      classification: record.classification,
      expiryMs: record.expiryMs,
      revokedAtMs: 0n,
      policyHash: record.policyHash,
    }),
  });
  noteUnderWay(context, transferId, {
    action: CREDENTIAL_ACTION.delegate,
    credentialId,
    quota,
    grantee: finalGrantee,
    leaseUntilMs,
  });
}

/** Units leave home for one gateway. They are there once that gateway has said so. */
export function delegateCredential(
  context: TransactionContext,
  body: DelegateCredential,
  slices: {
    readonly directory: ChainDirectory;
    readonly offices: Offices;
    readonly outlet: PacketOutlet;
    readonly holds: Holds;
  },
): void {
  const { credentialId, finalGateway, quota } = body;
  const record = requireCredential(context.state, credentialId);
  issuerIndex(record.issuers, context.sender);
  slices.offices.assertMember(context, context.sender);
  assertEffective(context, record);
  checkFields(context, body, record);
  const chain = slices.directory.assertActive(context, finalGateway);
  const hold = slices.holds.match(context, {
    transferId: credentialId,
    accounts: [accountToB32(context.sender)],
    assetId: credentialId,
    gateways: [finalGateway],
  });
  if (hold) throw new CredentialError({ code: "credential/held", holdId: hold.holdId });
  const position = findPosition(context.state, credentialId, finalGateway);
  assertContinues(context, body, position);
  const mark = readMark(context.state, credentialId, finalGateway);
  if (mark.quarantined) {
    throw new CredentialError({ code: "credential/quarantined", gateway: finalGateway });
  }
  const home = findPosition(context.state, credentialId, record.homeGateway);
  if (!home || home.remaining < quota) {
    const remaining = home?.remaining ?? 0n;
    throw new CredentialError({ code: "credential/quota-exceeded", remaining, quota });
  }
  writePosition(context, credentialId, record.homeGateway, {
    ...home,
    remaining: home.remaining - quota,
  });
  writeCredential(context, {
    ...record,
    inFlight: record.inFlight + quota,
    gateways: withGateway(record, finalGateway),
  });
  if (!position) {
    writePosition(context, credentialId, finalGateway, {
      granteeCommitment: body.finalGrantee,
      remaining: 0n,
      used: 0n,
      leaseUntilMs: 0n,
    });
  }
  writeMark(context, credentialId, finalGateway, { ...mark, underWay: mark.underWay + quota });
  sendDelegation(context, slices.outlet, { body, record, chain });
  context.emit("data-credential.delegated", {
    credentialId: bytesToHex(credentialId),
    gateway: bytesToHex(finalGateway),
    quota: String(quota),
  });
}
