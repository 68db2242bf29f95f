import { bytesToHex, type ConservationRecord, type PositionRecord } from "@ropenet/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkHistory,
  InvariantError,
  type InvariantName,
  type StrandEvidence,
  type Violation,
  violationsAt,
  violationsBetween,
} from "../kit/conservation.ts";
import type { LedgerAt, TransferTrail } from "../kit/ledger.ts";
import { ASSET_ID, type Fate, ledgerFrom, type Order, ROPE, STRANDS } from "../kit/ledger-model.ts";

const fate: fc.Arbitrary<Fate> = fc.constantFrom(
  "queued",
  "forwarded",
  "settled",
  "refused",
  "failed-far",
  "quarantined",
);
const strand = fc.constantFrom(0, 1, 2);
const orders: fc.Arbitrary<Order[]> = fc.array(
  fc.record({ from: strand, to: strand, amount: fc.bigInt({ min: 1n, max: 10n ** 30n }), fate }),
  { maxLength: 40 },
);

const names = (violations: readonly Violation[]): InvariantName[] =>
  [...new Set(violations.map(({ invariant }) => invariant))].toSorted();

/** one of each: settled out, back, on its way, held, refused, failed far away, quarantined */
const SAMPLE: readonly Order[] = [
  { from: 0, to: 1, amount: 1_000n, fate: "settled" },
  { from: 1, to: 2, amount: 300n, fate: "settled" },
  { from: 0, to: 2, amount: 50n, fate: "forwarded" },
  { from: 1, to: 0, amount: 20n, fate: "queued" },
  { from: 0, to: 1, amount: 5n, fate: "refused" },
  { from: 0, to: 1, amount: 6n, fate: "failed-far" },
  { from: 2, to: 1, amount: 999n, fate: "settled" },
];
const A = bytesToHex(STRANDS[1]);

function withConservation(ledger: LedgerAt, change: Partial<ConservationRecord>): LedgerAt {
  const assets = ledger.assets.map((books) => ({
    ...books,
    conservation: { ...books.conservation, ...change },
  }));
  return { ...ledger, assets };
}

function withPosition(ledger: LedgerAt, name: string, change: Partial<PositionRecord>): LedgerAt {
  const assets = ledger.assets.map((books) => ({
    ...books,
    positions: new Map(
      [...books.positions].map(([gateway, position]) => [
        gateway,
        gateway === name ? { ...position, ...change } : position,
      ]),
    ),
  }));
  return { ...ledger, assets };
}

function withTrail(
  ledger: LedgerAt,
  index: number,
  change: (trail: TransferTrail) => TransferTrail,
): LedgerAt {
  return {
    ...ledger,
    transfers: ledger.transfers.map((trail, at) => (at === index ? change(trail) : trail)),
  };
}

describe("violationsAt", () => {
  test("finds nothing in books that were kept by the rows of protocol.md §3", () => {
    fc.assert(
      fc.property(orders, (list) => {
        expect(violationsAt(ledgerFrom(list))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("finds any amount, however small, that any single book is off by", () => {
    const field = fc.constantFrom("escrow", "outstandingTotal", "inFlight", "held");
    const off = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).filter((n) => n !== 0n);
    fc.assert(
      fc.property(orders, field, off, (list, name, amount) => {
        const ledger = ledgerFrom(list);
        const [books] = ledger.assets;
        const value = (books?.conservation[name] ?? 0n) + amount;
        expect(names(violationsAt(withConservation(ledger, { [name]: value })))).toContain("I4");
      }),
      { numRuns: 300 },
    );
  });

  test("finds books that are wrong together although their own equation still holds", () => {
    const ledger = ledgerFrom(SAMPLE);
    const { escrow = 0n, inFlight = 0n } = ledger.assets[0]?.conservation ?? {};
    const inflated = withConservation(ledger, { escrow: escrow + 1n, inFlight: inFlight + 1n });
    expect(names(violationsAt(inflated))).toEqual(["I4"]);
  });

  const breaks: readonly (readonly [string, InvariantName, (ledger: LedgerAt) => LedgerAt])[] = [
    ["escrow lowered by one", "I4", (l) => withConservation(l, { escrow: 1_024n })],
    ["a held amount forgotten", "I4", (l) => withConservation(l, { held: 0n })],
    ["a voucher minted from nothing", "I4", (l) => withPosition(l, A, { outstanding: 681n })],
    ["a negative position", "I5", (l) => withPosition(l, A, { outstanding: -1n })],
    [
      "a quarantined burn booked all the same",
      "I5",
      (l) =>
        withTrail(l, 6, ({ transfer, ...rest }) => ({
          ...rest,
          transfer: { ...transfer, state: 3 },
        })),
    ],
    [
      "a refund under a DELIVERED receipt",
      "I3",
      (l) =>
        withTrail(l, 5, (trail) => ({
          ...trail,
          receipt: trail.receipt?.acknowledgement
            ? {
                ...trail.receipt,
                acknowledgement: { ...trail.receipt.acknowledgement, status: 1 },
              }
            : undefined,
        })),
    ],
    [
      "a refund before the far end answered",
      "I3",
      (l) =>
        withTrail(l, 5, (trail) => ({
          ...trail,
          sent: trail.sent && { ...trail.sent, acknowledged: false },
        })),
    ],
    [
      "a terminal receipt of a transfer under way",
      "I2",
      (l) => withTrail(l, 2, (trail) => ({ ...trail, receipt: l.transfers[0]?.receipt })),
    ],
    [
      "no receipt at all",
      "I2",
      (l) => withTrail(l, 0, (trail) => ({ ...trail, receipt: undefined })),
    ],
    [
      "a receipt written for a quarantined packet",
      "I2",
      (l) => withTrail(l, 6, (trail) => ({ ...trail, receipt: l.transfers[0]?.receipt })),
    ],
    [
      "the same packet taken twice",
      "I2",
      (l) => ({ ...l, transfers: [...l.transfers, l.transfers[0] as TransferTrail] }),
    ],
    [
      "a transfer whose packet is another",
      "I1",
      (l) =>
        withTrail(l, 0, ({ transfer, ...rest }) => ({
          ...rest,
          transfer: { ...transfer, leg1: { ...transfer.leg1, timeoutMs: 11n } },
        })),
    ],
    ["an asset left out of the index", "index", (l) => ({ ...l, assets: [] })],
    [
      "a transfer left out of the index",
      "index",
      (l) => ({ ...l, transfers: l.transfers.slice(1) }),
    ],
    [
      "an asset that stands in the index twice",
      "index",
      (l) => ({ ...l, assets: [...l.assets, ...l.assets] }),
    ],
    [
      "a unit of a credential that nobody granted",
      "I7",
      (l) => ({
        ...l,
        credentials: l.credentials.map(({ record, positions }) => ({
          record: { ...record, granted: record.granted - 1n },
          positions,
        })),
      }),
    ],
  ];

  test.each(breaks)("finds %s (%s)", (_title, invariant, breakIt) => {
    const ledger = ledgerFrom(SAMPLE);
    expect(violationsAt(ledger)).toEqual([]);
    expect(names(violationsAt(breakIt(ledger)))).toContain(invariant);
  });

  test("compares what strands logged with what the rope took and gave", () => {
    const ledger = ledgerFrom(SAMPLE);
    const sent = (of: Uint8Array): [string, number][] =>
      ledger.transfers
        .filter(({ transfer }) => bytesToHex(transfer.leg1.sourceGateway) === bytesToHex(of))
        .map(({ transfer }) => [bytesToHex(transfer.transferId), 1]);
    const answered = (of: Uint8Array): [string, number[]][] =>
      ledger.transfers.flatMap(({ transfer, sent: leg2 }) => {
        const isHere = bytesToHex(transfer.finalGateway) === bytesToHex(of);
        if (!isHere || !leg2 || transfer.state === 2) return [];
        return [[bytesToHex(leg2.packetHash), [transfer.state === 3 ? 1 : 2]]];
      });
    const evidence: StrandEvidence[] = STRANDS.map((gateway) => ({
      gateway,
      sent: new Map(sent(gateway)),
      receipts: new Map(answered(gateway)),
    }));
    expect(violationsAt(ledger, evidence)).toEqual([]);
    const blank = (index: number, change: Partial<StrandEvidence>): StrandEvidence[] =>
      evidence.map((strandEvidence, at) =>
        at === index ? { ...strandEvidence, ...change } : strandEvidence,
      );
    const [o, a] = evidence;
    expect(names(violationsAt(ledger, blank(0, { sent: new Map() })))).toEqual(["I1"]);
    const twice = new Map([...(o?.sent ?? [])].map(([hash]) => [hash, 2]));
    expect(names(violationsAt(ledger, blank(0, { sent: twice })))).toEqual(["I1"]);
    const stray = new Map([...(a?.receipts ?? []), ["ff".repeat(32), [1]]]);
    expect(names(violationsAt(ledger, blank(1, { receipts: stray })))).toEqual(["I1"]);
    expect(names(violationsAt(ledger, blank(1, { receipts: new Map() })))).toEqual(["I3"]);
    const doubled = new Map([...(a?.receipts ?? [])].map(([hash, [s = 1]]) => [hash, [s, s]]));
    expect(names(violationsAt(ledger, blank(1, { receipts: doubled })))).toEqual(["I2"]);
  });
});

describe("violationsBetween", () => {
  test("lets books grow and finds what was undone", () => {
    const before = ledgerFrom(SAMPLE.slice(0, 6));
    const after = ledgerFrom(SAMPLE);
    expect(violationsBetween(before, after)).toEqual([]);
    expect(names(violationsBetween(after, before))).toContain("index");
    expect(names(violationsBetween(before, { ...after, assets: [] }))).toEqual(["index"]);
    const fallen = withPosition(after, A, { received: 0n });
    expect(names(violationsBetween(before, fallen))).toEqual(["I4"]);
    const rewritten = withTrail(after, 0, (trail) => ({
      ...trail,
      receipt: trail.receipt && { ...trail.receipt, acknowledgement: null },
    }));
    expect(names(violationsBetween(before, rewritten))).toEqual(["I2"]);
    expect(names(violationsBetween(before, { ...after, credentials: [] }))).toEqual(["I7"]);
  });
});

describe("checkHistory", () => {
  test("never passes for want of a record: a gap in a dense index throws", async () => {
    const counted = async (key: Uint8Array): Promise<Uint8Array | undefined> =>
      new TextDecoder().decode(key) === "asset/count/" ? Uint8Array.of(0, 0, 0, 1) : undefined;
    const source = { ropeGateway: ROPE, prove: counted, list: async () => [] };
    await expect(checkHistory(source, 1n, 1n)).rejects.toThrow("asset 0 is missing at height 1");
  });

  test("never passes for want of heights", async () => {
    const source = { ropeGateway: ROPE, prove: async () => undefined, list: async () => [] };
    await expect(checkHistory(source, 2n, 1n)).rejects.toThrow(RangeError);
  });

  test("an error names the invariant, the height and the subject", () => {
    const ledger = withConservation(ledgerFrom(SAMPLE), { escrow: 0n });
    const error = new InvariantError(violationsAt(ledger));
    expect(error.message).toContain(`I4 @7 asset MDL ${bytesToHex(ASSET_ID).slice(0, 12)}`);
  });
});
