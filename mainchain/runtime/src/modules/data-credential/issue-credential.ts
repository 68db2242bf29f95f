import {
  accountToB32,
  bytesToHex,
  type ConfirmCredential,
  digest,
  equalBytes,
  type IssueCredential,
  SUITE_SM,
  stateKey,
} from "@ropenet/protocol";
import type { TransactionContext } from "../../module.ts";
import type { ChainDirectory, Offices } from "../../slices.ts";
import { CredentialError } from "./errors.ts";
import { requireCredential, writeCredential, writePosition } from "./records.ts";

/** 1 一般 · 2 重要 · 3 核心 */
const MAX_CLASSIFICATION = 3;

function checkFields(context: TransactionContext, body: IssueCredential): void {
  const bad = (field: string): CredentialError =>
    new CredentialError({ code: "credential/bad-field", field });
  if (body.granted === 0n) throw bad("granted");
  if (body.purpose === 0) throw bad("purpose");
  if (body.classification < 1 || body.classification > MAX_CLASSIFICATION) {
    throw bad("classification");
  }
  if (body.expiryMs <= context.timeMs) throw bad("expiryMs");
  if (body.title.length === 0) throw bad("title");
  const issuers = [context.sender, ...body.coIssuers].map(bytesToHex);
  if (new Set(issuers).size !== issuers.length) throw bad("coIssuers");
}

/** A joint credential: its units are at home, and take effect once every co-issuer has confirmed. */
export function issueCredential(
  context: TransactionContext,
  body: IssueCredential,
  slices: { readonly directory: ChainDirectory; readonly offices: Offices },
): void {
  const { sender, state } = context;
  const issuers = [sender, ...body.coIssuers];
  for (const issuer of issuers) slices.offices.assertMember(context, issuer);
  checkFields(context, body);
  const homeGateway = slices.directory.ropeGateway(context);
  const credentialId = digest(SUITE_SM, "credential", homeGateway, accountToB32(sender), body.salt);
  if (state.get(stateKey.credential(credentialId))) {
    throw new CredentialError({ code: "credential/exists", credentialId });
  }
  const { ownerCommitment, granted, expiryMs } = body;
  writeCredential(context, {
    credentialId,
    homeGateway,
    issuers,
    confirmed: 1,
    ownerCommitment,
    dataDigest: body.dataDigest,
    purpose: body.purpose,
    classification: body.classification,
    granted,
    inFlight: 0n,
    expiryMs,
    revokedAtMs: 0n,
    policyHash: body.policyHash,
    title: body.title,
    gateways: [homeGateway],
  });
  writePosition(context, credentialId, homeGateway, {
    granteeCommitment: ownerCommitment,
    remaining: granted,
    used: 0n,
    leaseUntilMs: expiryMs,
  });
  context.emit("data-credential.issued", {
    credentialId: bytesToHex(credentialId),
    title: body.title,
    granted: String(granted),
  });
}

/** @throws {CredentialError} `credential/not-an-issuer` */
export function issuerIndex(issuers: readonly Uint8Array[], account: Uint8Array): number {
  const index = issuers.findIndex((issuer) => equalBytes(issuer, account));
  if (index < 0) throw new CredentialError({ code: "credential/not-an-issuer", account });
  return index;
}

export function confirmCredential(
  context: TransactionContext,
  { credentialId }: ConfirmCredential,
): void {
  const { sender } = context;
  const record = requireCredential(context.state, credentialId);
  const bit = 1 << issuerIndex(record.issuers, sender);
  if (record.revokedAtMs !== 0n) {
    throw new CredentialError({ code: "credential/revoked", revokedAtMs: record.revokedAtMs });
  }
  if ((record.confirmed & bit) !== 0) {
    throw new CredentialError({ code: "credential/already-confirmed", account: sender });
  }
  writeCredential(context, { ...record, confirmed: record.confirmed | bit });
  context.emit("data-credential.confirmed", {
    credentialId: bytesToHex(credentialId),
    issuer: bytesToHex(sender),
  });
}
