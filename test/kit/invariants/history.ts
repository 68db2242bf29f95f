import { encode, equalBytes, type PositionRecord, receiptRecordCodec } from "@ropenet/protocol";
import type { AssetBooks, CredentialBooks, LedgerAt, TransferTrail } from "../ledger.ts";
import { type Report, short } from "./report.ts";

const MONOTONE: readonly (keyof PositionRecord)[] = [
  "received",
  "sent",
  "settled",
  "refundAcked",
  "observedHeight",
];

/** What no height may undo: a terminal receipt, an index entry, a counter, a use. */
export function checkStep(before: LedgerAt, after: LedgerAt, report: Report): void {
  for (const [index, old] of before.transfers.entries())
    checkTrail(old, after.transfers[index], report);
  for (const [index, old] of before.assets.entries())
    checkCounters(old, after.assets[index], report);
  for (const old of before.credentials) checkUses(old, after, report);
}

function checkTrail(old: TransferTrail, next: TransferTrail | undefined, report: Report): void {
  const subject = `transfer ${short(old.transfer.transferId)}`;
  if (!next || !equalBytes(next.transfer.transferId, old.transfer.transferId)) {
    report("index", subject, "the index forgot it");
    return;
  }
  if (!old.receipt?.acknowledgement) return;
  const isSame =
    next.receipt !== undefined &&
    equalBytes(encode(receiptRecordCodec, next.receipt), encode(receiptRecordCodec, old.receipt));
  if (!isSame) report("I2", subject, "its terminal receipt changed");
}

function checkCounters(old: AssetBooks, next: AssetBooks | undefined, report: Report): void {
  const subject = `asset ${short(old.assetId)}`;
  if (!next || !equalBytes(next.assetId, old.assetId)) {
    report("index", subject, "the index forgot it");
    return;
  }
  for (const [gateway, position] of old.positions) {
    const now = next.positions.get(gateway);
    for (const name of MONOTONE) {
      if ((now?.[name] ?? 0n) < position[name])
        report("I4", subject, `${name} of ${gateway.slice(0, 12)} fell`);
    }
  }
}

function checkUses(old: CredentialBooks, after: LedgerAt, report: Report): void {
  const next = after.credentials.find(({ record }) =>
    equalBytes(record.credentialId, old.record.credentialId),
  );
  for (const [gateway, { used }] of old.positions) {
    if ((next?.positions.get(gateway)?.used ?? 0n) < used)
      report("I7", `credential ${short(old.record.credentialId)}`, "a use was undone");
  }
}
