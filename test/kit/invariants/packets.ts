import {
  ACK_STATUS,
  bytesToHex,
  equalBytes,
  packetHash,
  SUITE_KECCAK,
  SUITE_SM,
  type Suite,
  TRANSFER_STATE,
} from "@ropenet/protocol";
import type { LedgerAt, TransferTrail } from "../ledger.ts";
import { type Report, type StrandEvidence, short } from "./report.ts";

const { settled, returned, quarantined } = TRANSFER_STATE;

function suiteOf(ledger: LedgerAt, gateway: Uint8Array): Suite {
  const chain = ledger.chains.find((candidate) => equalBytes(candidate.gateway, gateway));
  return chain?.suite === SUITE_KECCAK ? SUITE_KECCAK : SUITE_SM;
}

function ofGateway(
  evidence: readonly StrandEvidence[],
  gateway: Uint8Array,
): StrandEvidence | undefined {
  return evidence.find((candidate) => equalBytes(candidate.gateway, gateway));
}

/** I1: every receive has a committed packet. */
export function checkAuthenticity(
  ledger: LedgerAt,
  evidence: readonly StrandEvidence[],
  report: Report,
): void {
  for (const { transfer } of ledger.transfers) {
    const { leg1, transferId } = transfer;
    const subject = `transfer ${short(transferId)}`;
    const hash = packetHash(suiteOf(ledger, leg1.sourceGateway), leg1);
    if (!equalBytes(hash, transferId)) report("I1", subject, "its id is not its packet's hash");
    const source = ofGateway(evidence, leg1.sourceGateway);
    const times = source?.sent.get(bytesToHex(hash)) ?? 0;
    if (source && times !== 1)
      report("I1", subject, `its packet was sent ${times} times by its strand`);
  }
  for (const strand of evidence) checkTaken(ledger, strand, report);
}

function checkTaken(ledger: LedgerAt, strand: StrandEvidence, report: Report): void {
  const emitted = ledger.emitted.get(bytesToHex(strand.gateway)) ?? new Set();
  for (const [hash, statuses] of strand.receipts) {
    const subject = `packet ${hash.slice(0, 12)}`;
    if (statuses.length !== 1) report("I2", subject, `${statuses.length} receipts on one strand`);
    if (!emitted.has(hash))
      report("I1", subject, `${short(strand.gateway)} took what the rope never sent`);
  }
}

/** I2: one position of one lane, one packet, at most one terminal receipt, none while the transfer is open. */
export function checkExclusivity(ledger: LedgerAt, report: Report): void {
  const taken = new Map<string, string>();
  for (const trail of ledger.transfers) {
    const { leg1, transferId, state } = trail.transfer;
    const subject = `transfer ${short(transferId)}`;
    if (state === quarantined) {
      if (trail.receipt) report("I2", subject, "is quarantined and has a receipt");
      continue;
    }
    const position = `${bytesToHex(leg1.sourceGateway)}/${leg1.lane}/${leg1.sequence}`;
    const other = taken.get(position);
    if (other) report("I2", subject, `shares ${position} with ${other}`);
    taken.set(position, subject);
    checkReceipt(trail, subject, report);
  }
}

function checkReceipt({ transfer, receipt, sent }: TransferTrail, subject: string, report: Report) {
  const { transferId, state } = transfer;
  if (!receipt) {
    report("I2", subject, "has no receipt");
    return;
  }
  if (!equalBytes(receipt.packetHash, transferId))
    report("I2", subject, "its receipt names another packet");
  const isTerminal = receipt.acknowledgement !== null;
  if (isTerminal !== (state === settled || state === returned))
    report("I2", subject, `state ${state} with terminal receipt: ${isTerminal}`);
  if (sent && !equalBytes(sent.transferId, transferId))
    report("I2", subject, "its second leg belongs to another transfer");
}

/** I3: a refund implies a terminal receipt FAILED or EXPIRED, on both legs where there were two. */
export function checkEnding(
  ledger: LedgerAt,
  { transfer, receipt, sent }: TransferTrail,
  evidence: readonly StrandEvidence[],
  report: Report,
): void {
  const { state, transferId, finalGateway, leg2Sequence } = transfer;
  if (state !== settled && state !== returned) return;
  const subject = `transfer ${short(transferId)}`;
  const status = receipt?.acknowledgement?.status ?? 0;
  const isDelivered = status === ACK_STATUS.delivered;
  if (isDelivered !== (state === settled))
    report("I3", subject, `state ${state} with leg-1 receipt ${status}`);
  if (leg2Sequence === 0n) {
    if (state === settled && !equalBytes(finalGateway, ledger.ropeGateway))
      report("I3", subject, "settled on a strand without a second leg");
    return;
  }
  if (!sent?.acknowledged) report("I3", subject, "ended before its second leg was answered");
  const far = ofGateway(evidence, finalGateway);
  if (!far || !sent) return;
  const statuses = far.receipts.get(bytesToHex(sent.packetHash)) ?? [];
  const agrees = statuses.every((answer) => (answer === ACK_STATUS.delivered) === isDelivered);
  if (statuses.length === 0 || !agrees)
    report("I3", subject, `leg-1 receipt ${status}, strand's receipts [${statuses.join()}]`);
}
