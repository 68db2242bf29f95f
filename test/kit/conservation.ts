import type { Rope } from "@ropenet/client";
import {
  ACK_STATUS,
  bytesToHex,
  encode,
  equalBytes,
  type PositionRecord,
  packetHash,
  receiptRecordCodec,
  SUITE_KECCAK,
  SUITE_SM,
  type Suite,
  TRANSFER_STATE,
  type TransferState,
} from "@ropenet/protocol";
import {
  type AssetBooks,
  type CredentialBooks,
  createLedgerReader,
  type LedgerAt,
  type LedgerSource,
  ledgerOf,
  type TransferTrail,
} from "./ledger.ts";

/** docs/rope-net.md §7. */
export type InvariantName = "I1" | "I2" | "I3" | "I4" | "I5" | "I7" | "index";

export interface Violation {
  readonly invariant: InvariantName;
  readonly height: bigint;
  readonly subject: string;
  readonly detail: string;
}

/** What a strand itself says of packets, by packet hash in hex: how often it sent one, how its receipts ended. */
export interface StrandEvidence {
  readonly gateway: Uint8Array;
  readonly sent: ReadonlyMap<string, number>;
  readonly receipts: ReadonlyMap<string, readonly number[]>;
}

type Report = (invariant: InvariantName, subject: string, detail: string) => void;

const { queued, forwarded, settled, returned, quarantined } = TRANSFER_STATE;

/** The first checkable disagreement is enough to fail; all are returned, so that a failure explains itself. */
export function violationsAt(
  ledger: LedgerAt,
  evidence: readonly StrandEvidence[] = [],
): readonly Violation[] {
  const found: Violation[] = [];
  const report: Report = (invariant, subject, detail) =>
    found.push({ invariant, height: ledger.height, subject, detail });
  checkIndexes(ledger, report);
  checkAuthenticity(ledger, evidence, report);
  checkExclusivity(ledger, report);
  for (const trail of ledger.transfers) checkEnding(ledger, trail, evidence, report);
  for (const books of ledger.assets) checkBooks(ledger, books, report);
  for (const books of ledger.credentials) checkQuota(books, report);
  return found;
}

const short = (bytes: Uint8Array): string => bytesToHex(bytes).slice(0, 12);

function suiteOf(ledger: LedgerAt, gateway: Uint8Array): Suite {
  const chain = ledger.chains.find((candidate) => equalBytes(candidate.gateway, gateway));
  return chain?.suite === SUITE_KECCAK ? SUITE_KECCAK : SUITE_SM;
}

/** A regulator who counts the index has seen every asset and every transfer: no gap, no repetition, no stray. */
function checkIndexes(ledger: LedgerAt, report: Report): void {
  for (const [index, { assetId, record }] of ledger.assets.entries()) {
    if (!equalBytes(record.assetId, assetId) || record.index !== index)
      report("index", `asset ${short(assetId)}`, `entry ${index} holds asset ${record.index}`);
  }
  for (const [index, { transfer }] of ledger.transfers.entries()) {
    if (transfer.index !== BigInt(index))
      report(
        "index",
        `transfer ${short(transfer.transferId)}`,
        `entry ${index} holds ${transfer.index}`,
      );
  }
  const assetIds = new Set(ledger.assets.map(({ assetId }) => bytesToHex(assetId)));
  if (assetIds.size !== ledger.assets.length) report("index", "assets", "one asset twice");
  for (const { transfer } of ledger.transfers) {
    const { asset } = transfer;
    // A refused packet may name an asset that nobody registered: it moved nothing.
    const moved = asset !== null && (stands(transfer.state) || transfer.forwardedHeight !== 0n);
    if (moved && !assetIds.has(bytesToHex(asset.assetId)))
      report("index", `asset ${short(asset.assetId)}`, "moved, but not in the index");
  }
}

/** I1: every receive has a committed packet. */
function checkAuthenticity(
  ledger: LedgerAt,
  evidence: readonly StrandEvidence[],
  report: Report,
): void {
  const arrivals = new Map<string, Set<string>>();
  for (const { transfer } of ledger.transfers) {
    const { leg1, transferId } = transfer;
    const subject = `transfer ${short(transferId)}`;
    const hash = packetHash(suiteOf(ledger, leg1.sourceGateway), leg1);
    const isBornHere = equalBytes(leg1.sourceGateway, ledger.ropeGateway);
    if (!equalBytes(hash, transferId)) report("I1", subject, "its id is not its packet's hash");
    const source = evidence.find(({ gateway }) => equalBytes(gateway, leg1.sourceGateway));
    const times = source?.sent.get(bytesToHex(hash)) ?? 0;
    if (source && !isBornHere && times !== 1)
      report("I1", subject, `its packet was sent ${times} times by its strand`);
  }
  for (const { sent } of ledger.transfers) {
    if (sent) remember(arrivals, "legs", bytesToHex(sent.packetHash));
  }
  const emitted = arrivals.get("legs") ?? new Set();
  for (const { gateway, receipts } of evidence) {
    for (const [hash, statuses] of receipts) {
      if (statuses.length !== 1)
        report("I2", `packet ${hash.slice(0, 12)}`, `${statuses.length} receipts on one strand`);
      if (!emitted.has(hash))
        report("I1", `packet ${hash.slice(0, 12)}`, `${short(gateway)} took what nobody sent`);
    }
  }
}

function remember(sets: Map<string, Set<string>>, name: string, value: string): void {
  const set = sets.get(name) ?? new Set();
  set.add(value);
  sets.set(name, set);
}

/** I2: one position of one lane, one packet, at most one terminal receipt, none while the transfer is open. */
function checkExclusivity(ledger: LedgerAt, report: Report): void {
  const taken = new Map<string, string>();
  for (const { transfer, receipt, sent } of ledger.transfers) {
    const { leg1, transferId, state } = transfer;
    const subject = `transfer ${short(transferId)}`;
    const position = `${bytesToHex(leg1.sourceGateway)}/${leg1.lane}/${leg1.sequence}`;
    const other = taken.get(position);
    if (other && state !== quarantined) report("I2", subject, `shares ${position} with ${other}`);
    if (state !== quarantined) taken.set(position, subject);
    if (state === quarantined) {
      if (receipt) report("I2", subject, "is quarantined and has a receipt");
      continue;
    }
    if (!receipt) {
      report("I2", subject, "has no receipt");
      continue;
    }
    if (!equalBytes(receipt.packetHash, transferId))
      report("I2", subject, "its receipt names another packet");
    const isTerminal = receipt.acknowledgement !== null;
    if (isTerminal !== (state === settled || state === returned))
      report("I2", subject, `state ${state} with terminal receipt: ${isTerminal}`);
    if (sent && !equalBytes(sent.transferId, transferId))
      report("I2", subject, "its second leg belongs to another transfer");
  }
}

/** I3: a refund implies a terminal receipt FAILED or EXPIRED, on both legs where there were two. */
function checkEnding(
  ledger: LedgerAt,
  { transfer, receipt, sent }: TransferTrail,
  evidence: readonly StrandEvidence[],
  report: Report,
): void {
  const { state, transferId, finalGateway } = transfer;
  if (state !== settled && state !== returned) return;
  const subject = `transfer ${short(transferId)}`;
  const status = receipt?.acknowledgement?.status ?? 0;
  const isDelivered = status === ACK_STATUS.delivered;
  if (isDelivered !== (state === settled))
    report("I3", subject, `state ${state} with leg-1 receipt ${status}`);
  const hasSecondLeg = transfer.leg2Sequence !== 0n;
  if (state === settled && !hasSecondLeg && !equalBytes(finalGateway, ledger.ropeGateway))
    report("I3", subject, "settled on a strand without a second leg");
  if (!hasSecondLeg) return;
  if (!sent?.acknowledged) report("I3", subject, "ended before its second leg was answered");
  const far = evidence.find(({ gateway }) => equalBytes(gateway, finalGateway));
  if (!far || !sent) return;
  const statuses = far.receipts.get(bytesToHex(sent.packetHash)) ?? [];
  const agrees = statuses.every((answer) => (answer === ACK_STATUS.delivered) === isDelivered);
  if (statuses.length === 0 || !agrees)
    report("I3", subject, `leg-1 receipt ${status}, strand's receipts [${statuses.join()}]`);
}

/** Whether the debit of the first leg stands. */
function stands(state: TransferState): boolean {
  return state === queued || state === forwarded || state === settled;
}

interface Recount {
  escrow: bigint;
  inFlight: bigint;
  held: bigint;
  readonly outstanding: Map<string, bigint>;
}

/** The books of one asset as its transfers alone make them: nothing of the records that are being checked. */
function recount(ledger: LedgerAt, { assetId, record }: AssetBooks): Recount {
  const books: Recount = { escrow: 0n, inFlight: 0n, held: 0n, outstanding: new Map() };
  const move = (gateway: Uint8Array, amount: bigint): void => {
    if (equalBytes(gateway, record.originGateway)) {
      books.escrow -= amount;
      return;
    }
    const name = bytesToHex(gateway);
    books.outstanding.set(name, (books.outstanding.get(name) ?? 0n) + amount);
  };
  for (const { transfer } of ledger.transfers) {
    const { asset, state, leg1, finalGateway } = transfer;
    if (!asset || !equalBytes(asset.assetId, assetId) || !stands(state)) continue;
    move(leg1.sourceGateway, -asset.amount);
    if (state === queued) books.held += asset.amount;
    else if (state === forwarded) books.inFlight += asset.amount;
    else move(finalGateway, asset.amount);
  }
  return books;
}

/** I4 and I5, twice over: the record's own equation, and the record against a recount of every transfer. */
function checkBooks(ledger: LedgerAt, books: AssetBooks, report: Report): void {
  const subject = `asset ${books.record.symbol} ${short(books.assetId)}`;
  const { escrow, outstandingTotal, inFlight, held } = books.conservation;
  if (escrow !== outstandingTotal + inFlight + held)
    report("I4", subject, `escrow ${escrow} ≠ ${outstandingTotal} + ${inFlight} + ${held}`);
  const origin = bytesToHex(books.record.originGateway);
  const total = [...books.positions]
    .filter(([gateway]) => gateway !== origin)
    .reduce((sum, [, position]) => sum + position.outstanding, 0n);
  if (total !== outstandingTotal)
    report("I4", subject, `positions sum to ${total}, the record says ${outstandingTotal}`);
  if ((books.positions.get(origin)?.outstanding ?? 0n) !== 0n)
    report("I4", subject, "the origin owes itself");
  const counted = recount(ledger, books);
  for (const name of ["escrow", "inFlight", "held"] as const) {
    if (counted[name] !== books.conservation[name])
      report(
        "I4",
        subject,
        `${name} is ${books.conservation[name]}, transfers make ${counted[name]}`,
      );
  }
  const gateways = new Set([...books.positions.keys(), ...counted.outstanding.keys()]);
  for (const gateway of gateways) {
    const amount = counted.outstanding.get(gateway) ?? 0n;
    const { outstanding } = books.positions.get(gateway) ?? { outstanding: 0n };
    if (amount < 0n || outstanding < 0n)
      report("I5", subject, `${gateway.slice(0, 12)} gave back ${-amount} more than it held`);
    if (amount !== outstanding)
      report("I4", subject, `${gateway.slice(0, 12)} holds ${outstanding}, transfers ${amount}`);
  }
}

/** I7: granted = Σ remaining + Σ used + in flight. */
function checkQuota({ record, positions }: CredentialBooks, report: Report): void {
  const sum = [...positions.values()].reduce(
    (all, { remaining, used }) => all + remaining + used,
    0n,
  );
  if (sum + record.inFlight !== record.granted)
    report(
      "I7",
      `credential ${short(record.credentialId)}`,
      `granted ${record.granted} ≠ ${sum} + in flight ${record.inFlight}`,
    );
}

const MONOTONE: readonly (keyof PositionRecord)[] = [
  "received",
  "sent",
  "settled",
  "refundAcked",
  "observedHeight",
];

/** What no height may undo: a terminal receipt, an index, a counter, a use. */
export function violationsBetween(before: LedgerAt, after: LedgerAt): readonly Violation[] {
  const found: Violation[] = [];
  const report: Report = (invariant, subject, detail) =>
    found.push({ invariant, height: after.height, subject, detail });
  if (after.assets.length < before.assets.length) report("index", "assets", "an asset is gone");
  if (after.transfers.length < before.transfers.length)
    report("index", "transfers", "a transfer is gone");
  for (const [index, old] of before.transfers.entries())
    checkWriteOnce(old, after.transfers[index], report);
  for (const [index, old] of before.assets.entries()) {
    for (const [gateway, position] of old.positions) {
      const next = after.assets[index]?.positions.get(gateway);
      for (const name of MONOTONE) {
        if ((next?.[name] ?? 0n) < position[name])
          report("I4", `asset ${short(old.assetId)}`, `${name} of ${gateway.slice(0, 12)} fell`);
      }
    }
  }
  for (const old of before.credentials) {
    const next = after.credentials.find(({ record }) =>
      equalBytes(record.credentialId, old.record.credentialId),
    );
    for (const [gateway, { used }] of old.positions) {
      if ((next?.positions.get(gateway)?.used ?? 0n) < used)
        report("I7", `credential ${short(old.record.credentialId)}`, "a use was undone");
    }
  }
  return found;
}

function checkWriteOnce(old: TransferTrail, next: TransferTrail | undefined, report: Report): void {
  const subject = `transfer ${short(old.transfer.transferId)}`;
  if (!next || !equalBytes(next.transfer.transferId, old.transfer.transferId)) {
    report("index", subject, "the index forgot it");
    return;
  }
  const isTerminal = old.receipt !== undefined && old.receipt.acknowledgement !== null;
  if (!isTerminal) return;
  const isSame =
    next.receipt !== undefined &&
    equalBytes(encode(receiptRecordCodec, next.receipt), encode(receiptRecordCodec, old.receipt));
  if (!isSame) report("I2", subject, "its terminal receipt changed");
}

export interface InvariantSummary {
  readonly heights: number;
  readonly assets: number;
  readonly transfers: number;
  readonly credentials: number;
}

export class InvariantError extends Error {
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    const lines = violations
      .slice(0, 20)
      .map(
        ({ invariant, height, subject, detail }) => `${invariant} @${height} ${subject}: ${detail}`,
      );
    super(`${violations.length} violations\n${lines.join("\n")}`);
    this.violations = violations;
  }
}

/** As assertInvariants, over any source of proven values. @throws {InvariantError} */
export async function checkHistory(
  source: LedgerSource,
  fromHeight: bigint,
  toHeight: bigint,
  evidence: readonly StrandEvidence[] = [],
): Promise<InvariantSummary> {
  if (fromHeight > toHeight)
    throw new RangeError(`no height between ${fromHeight} and ${toHeight}`);
  const reader = createLedgerReader(source);
  const found: Violation[] = [];
  let before: LedgerAt | undefined;
  for (let height = fromHeight; height <= toHeight; height += 1n) {
    const isLast = height === toHeight;
    const ledger = await reader.at(height, isLast);
    // What strands say now is about the newest height alone.
    found.push(...violationsAt(ledger, isLast ? evidence : []));
    if (before) found.push(...violationsBetween(before, ledger));
    before = ledger;
  }
  if (found.length > 0) throw new InvariantError(found);
  return {
    heights: Number(toHeight - fromHeight) + 1,
    assets: before?.assets.length ?? 0,
    transfers: before?.transfers.length ?? 0,
    credentials: before?.credentials.length ?? 0,
  };
}

/**
 * I1–I5 and I7 for every asset, transfer and credential of the rope at every height `fromHeight`..`toHeight`,
 * from values proven under committed headers; `evidence` adds what the strands themselves logged.
 * @throws {InvariantError}
 */
export function assertInvariants(
  rope: Rope,
  fromHeight: bigint,
  toHeight: bigint,
  evidence: readonly StrandEvidence[] = [],
): Promise<InvariantSummary> {
  return checkHistory(ledgerOf(rope), fromHeight, toHeight, evidence);
}
