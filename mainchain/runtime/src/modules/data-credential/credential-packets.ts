import {
  ACK_STATUS,
  type Acknowledgement,
  bytesToHex,
  type ChainRecord,
  CREDENTIAL_ACTION,
  failureCode,
} from "@ropenet/protocol";
import type { TransactionContext } from "../../module.ts";
import type { PacketAnswer, PacketHandler } from "../../slices.ts";
import {
  bringHome,
  findPosition,
  readMark,
  requireCredential,
  takeUnderWay,
  type UnderWay,
  writeCredential,
  writeMark,
  writePosition,
} from "./records.ts";

const BAD_ACTION = failureCode("bad-action");
const EXPIRED = failureCode("expired");

function arrive(
  context: TransactionContext,
  chain: ChainRecord,
  { credentialId, quota, grantee, leaseUntilMs }: UnderWay,
): void {
  const before = findPosition(context.state, credentialId, chain.gateway);
  if (!before) throw new Error("a delegation without its position");
  writePosition(context, credentialId, chain.gateway, {
    ...before,
    granteeCommitment: grantee,
    remaining: before.remaining + quota,
    leaseUntilMs: leaseUntilMs > before.leaseUntilMs ? leaseUntilMs : before.leaseUntilMs,
  });
}

function settleDelegation(
  context: TransactionContext,
  chain: ChainRecord,
  sent: UnderWay,
  { status, code }: Acknowledgement,
): void {
  const { credentialId, quota } = sent;
  const record = requireCredential(context.state, credentialId);
  const delivered = status === ACK_STATUS.delivered;
  writeCredential(context, { ...record, inFlight: record.inFlight - quota });
  if (delivered) arrive(context, chain, sent);
  else bringHome(context, record, quota);
  context.emit(delivered ? "data-credential.delivered" : "data-credential.delegation-failed", {
    credentialId: bytesToHex(credentialId),
    gateway: bytesToHex(chain.gateway),
    quota: String(quota),
    failure: String(code),
  });
}

function acknowledge(
  context: TransactionContext,
  { transferId, chain, acknowledgement, provenHeight }: PacketAnswer,
): void {
  const sent = takeUnderWay(context, transferId);
  const { credentialId } = sent;
  const mark = readMark(context.state, credentialId, chain.gateway);
  // Receipts come in any order, under any header that is known: an older one takes nothing back of what is known.
  const sinceHeight = provenHeight > mark.sinceHeight ? provenHeight : mark.sinceHeight;
  if (sent.action === CREDENTIAL_ACTION.delegate) {
    settleDelegation(context, chain, sent, acknowledgement);
    const delivered = acknowledgement.status === ACK_STATUS.delivered;
    writeMark(context, credentialId, chain.gateway, {
      ...mark,
      sinceHeight,
      underWay: mark.underWay - sent.quota,
      closed: delivered ? false : mark.closed,
    });
    return;
  }
  const revoked = acknowledgement.status === ACK_STATUS.delivered;
  writeMark(context, credentialId, chain.gateway, {
    ...mark,
    sinceHeight,
    revoked: mark.revoked || revoked,
  });
  context.emit("data-credential.revocation-answered", {
    credentialId: bytesToHex(credentialId),
    gateway: bytesToHex(chain.gateway),
    delivered: String(revoked),
  });
}

/** Credentials go out from their home; strands report their use by state proof and send none back. */
export const credentialPackets: PacketHandler = {
  receive: (_context, { late }) =>
    late
      ? { kind: "ended", status: ACK_STATUS.expired, failure: EXPIRED }
      : { kind: "ended", status: ACK_STATUS.failed, failure: BAD_ACTION },
  acknowledge,
};
