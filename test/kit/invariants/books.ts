import { bytesToHex, equalBytes, TRANSFER_STATE, type TransferState } from "@ropenet/protocol";
import type { AssetBooks, CredentialBooks, LedgerAt } from "../ledger.ts";
import { type Report, short } from "./report.ts";

const { queued, forwarded, settled } = TRANSFER_STATE;

/** Whether the debit of the first leg stands. */
function stands(state: TransferState): boolean {
  return state === queued || state === forwarded || state === settled;
}

/** A regulator who counts the index has seen every asset and every transfer: no gap, no repetition, no stray. */
export function checkIndexes(ledger: LedgerAt, report: Report): void {
  for (const [index, { assetId, record }] of ledger.assets.entries()) {
    if (!equalBytes(record.assetId, assetId) || record.index !== index)
      report("index", `asset ${short(assetId)}`, `entry ${index} holds asset ${record.index}`);
  }
  const known = new Set(ledger.assets.map(({ assetId }) => bytesToHex(assetId)));
  if (known.size !== ledger.assets.length) report("index", "assets", "one asset twice");
  for (const [index, { transfer }] of ledger.transfers.entries()) {
    const { asset, state, transferId } = transfer;
    const subject = `transfer ${short(transferId)}`;
    if (transfer.index !== BigInt(index))
      report("index", subject, `entry ${index} holds ${transfer.index}`);
    // A refused packet may name an asset that nobody registered: it moved nothing.
    const moved = asset !== null && stands(state);
    if (moved && !known.has(bytesToHex(asset.assetId)))
      report("index", subject, `moves asset ${short(asset.assetId)}, which is not in the index`);
  }
}

interface Recount {
  escrow: bigint;
  inFlight: bigint;
  held: bigint;
  readonly outstanding: Map<string, bigint>;
  /** on the second leg, by the gateway it goes to */
  readonly flights: Map<string, bigint>;
}

/** The books of one asset as its transfers alone make them: nothing of the records that are being checked. */
function recount(ledger: LedgerAt, { assetId, record }: AssetBooks): Recount {
  const books: Recount = {
    ...{ escrow: 0n, inFlight: 0n, held: 0n },
    outstanding: new Map(),
    flights: new Map(),
  };
  const count = (to: Map<string, bigint>, gateway: Uint8Array, amount: bigint): void => {
    const name = bytesToHex(gateway);
    to.set(name, (to.get(name) ?? 0n) + amount);
  };
  const move = (gateway: Uint8Array, amount: bigint): void => {
    if (equalBytes(gateway, record.originGateway)) books.escrow -= amount;
    else count(books.outstanding, gateway, amount);
  };
  for (const { transfer } of ledger.transfers) {
    const { asset, state, leg1, finalGateway } = transfer;
    if (!asset || !equalBytes(asset.assetId, assetId) || !stands(state)) continue;
    move(leg1.sourceGateway, -asset.amount);
    if (state === queued) books.held += asset.amount;
    else if (state === forwarded) {
      books.inFlight += asset.amount;
      count(books.flights, finalGateway, asset.amount);
    } else move(finalGateway, asset.amount);
  }
  return books;
}

/** I4 and I5, twice over: the record's own equation, and the record against a recount of every transfer. */
export function checkBooks(ledger: LedgerAt, books: AssetBooks, report: Report): void {
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
    const recorded = books.conservation[name];
    if (counted[name] !== recorded)
      report("I4", subject, `${name} is ${recorded}, its transfers make ${counted[name]}`);
  }
  checkPositions(books, counted, report);
}

function checkPositions(books: AssetBooks, counted: Recount, report: Report): void {
  const subject = `asset ${books.record.symbol} ${short(books.assetId)}`;
  const { outstanding: balances, flights } = counted;
  const gateways = new Set([...books.positions.keys(), ...balances.keys(), ...flights.keys()]);
  for (const gateway of gateways) {
    const amount = balances.get(gateway) ?? 0n;
    const flight = flights.get(gateway) ?? 0n;
    const none = { outstanding: 0n, inFlight: 0n };
    const { outstanding, inFlight } = books.positions.get(gateway) ?? none;
    const name = gateway.slice(0, 12);
    if (amount < 0n || outstanding < 0n)
      report("I5", subject, `${name} gave back more than it held`);
    if (amount !== outstanding)
      report("I4", subject, `${name} holds ${outstanding}, its transfers make ${amount}`);
    if (flight !== inFlight)
      report("I4", subject, `${inFlight} on the way to ${name}, its transfers make ${flight}`);
  }
}

/** I7: granted = Σ remaining + Σ used + in flight. */
export function checkQuota({ record, positions }: CredentialBooks, report: Report): void {
  const sum = [...positions.values()].reduce(
    (all, { remaining, used }) => all + remaining + used,
    0n,
  );
  if (sum + record.inFlight === record.granted) return;
  const subject = `credential ${short(record.credentialId)}`;
  report("I7", subject, `granted ${record.granted} ≠ ${sum} + in flight ${record.inFlight}`);
}
