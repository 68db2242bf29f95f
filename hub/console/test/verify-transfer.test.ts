import {
  type AssetPayload,
  bytesToHex,
  encode,
  sm3,
  stateKey,
  type TransferRecord,
  transferRecordCodec,
  utf8ToBytes,
  ZERO_20,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import type { Transfer, TransferDetail } from "../src/api.ts";
import type { TrustPin } from "../src/verify/trust.ts";
import { verifyTransfer } from "../src/verify/verify-transfer.ts";
import { CHAIN_ID, hashOf, NOW_MS, proofsOf, setsOf, signersOf } from "./kit.ts";

const signers = signersOf("first");
const pin: TrustPin = {
  ...{ chainId: bytesToHex(CHAIN_ID), validatorsHash: hashOf(signers), timeMs: NOW_MS },
  origin: "first-use",
};
const [TRANSFER, SOURCE, FINAL, ASSET] = ["transfer", "source", "final", "asset"].map((label) =>
  sm3(utf8ToBytes(label)),
) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

const payload: AssetPayload = {
  ...{ assetId: ASSET, tokenId: ZERO_32, amount: 138_540n, finalGateway: FINAL },
  ...{ finalRecipient: ZERO_32, finalTimeoutMs: 0n, finalGasLimit: 0, obligationId: ZERO_32 },
  memo: new Uint8Array(0),
};

const SETTLED: TransferRecord = {
  ...{ transferId: TRANSFER, index: 1n, kind: 1, state: 3, payload: new Uint8Array(0) },
  ...{ asset: payload, finalGateway: FINAL, leg2Sequence: 1n, queueReason: 0, holdId: ZERO_32 },
  ...{ releaseAtMs: 0n, failure: 0, receivedHeight: 10n, forwardedHeight: 10n, endedHeight: 20n },
  ...{ receivedAtMs: 1n, endedAtMs: 2n },
  leg1: {
    ...{ version: 1, kind: 1, lane: 0, sequence: 1n, sourceGateway: SOURCE },
    ...{ destinationGateway: ZERO_32, transferId: TRANSFER, sender: ZERO_32, recipient: ZERO_32 },
    ...{ timeoutMs: 0n, gasLimit: 0, payloadLength: 0, payloadHash: ZERO_32 },
  },
};

const SHOWN: Transfer = {
  ...{ id: bytesToHex(TRANSFER), index: "1", state: "settled", assetClass: 1, decimals: 2 },
  ...{ sourceGateway: bytesToHex(SOURCE), sourceName: "金融链", finalGateway: bytesToHex(FINAL) },
  ...{ finalName: "仓储链", assetId: bytesToHex(ASSET), assetSymbol: "CNY", amount: "138540" },
  ...{ tokenId: bytesToHex(ZERO_32), sender: bytesToHex(ZERO_32), failure: "none" },
  ...{ recipient: bytesToHex(ZERO_32), queueReason: "none", receivedHeight: "10" },
  ...{ forwardedHeight: "10", endedHeight: "20", receivedAtMs: "1", endedAtMs: "2" },
  ...{ sourceTransaction: null, destinationTransaction: null },
};

const STEPS = ["sent", "received", "forwarded", "delivered", "acknowledged"] as const;
const stepsOf = (done: number): TransferDetail["steps"] =>
  STEPS.map((id, index) => ({
    ...{ id, done: index < done, chain: "", height: null, atMs: null, transaction: null },
  }));

/** What a hub shows of a transfer whose record is `record`, besides a neighbour. */
function detailOf(
  record: TransferRecord,
  shown: Partial<Transfer> = {},
  done = 5,
  key = stateKey.transfer(TRANSFER),
): TransferDetail {
  const leaves = [
    { key, value: encode(transferRecordCodec, record) },
    { key: stateKey.transfer(ZERO_32), value: ZERO_20 },
  ];
  const [proof] = proofsOf(signers, leaves);
  if (!proof) throw new Error("a proof of each leaf");
  return { ...setsOf([signers]), transfer: { ...SHOWN, ...shown }, proof, steps: stepsOf(done) };
}

const check = (detail: TransferDetail, nowMs = NOW_MS) =>
  verifyTransfer({ id: bytesToHex(TRANSFER), detail, pin, nowMs });
const waiting = { ...SETTLED, state: 1, forwardedHeight: 0n, endedHeight: 0n } as const;
const returned = { ...SETTLED, state: 4, failure: 3 } as const;

describe("the verdict on a transfer", () => {
  it("stands when the page tells what the proven record says", () => {
    expect(check(detailOf(SETTLED))).toEqual({ height: "41", failure: undefined, pin });
    const queued = { state: "queued", forwardedHeight: "0", endedHeight: "0" } as const;
    expect(check(detailOf(waiting, queued, 2)).failure).toBe(undefined);
  });

  it.each<[string, TransferDetail]>([
    ["another amount", detailOf(SETTLED, { amount: "238540" })],
    ["another recipient", detailOf(SETTLED, { recipient: bytesToHex(ASSET) })],
    ["another source", detailOf(SETTLED, { sourceGateway: bytesToHex(FINAL) })],
    ["what is queued as settled", detailOf(waiting)],
    ["what was returned as settled", detailOf(returned)],
    ["a failure as none", detailOf(returned, { state: "returned" })],
    ["a settled one as not yet delivered", detailOf(SETTLED, {}, 3)],
  ])("fails when the hub shows %s", (_, detail) => {
    expect(check(detail)).toMatchObject({ failure: "verdict/other-transfer", pin });
  });

  it.each<[string, string, TransferDetail, number?]>([
    [
      "of another transfer",
      "verdict/other-key",
      detailOf(SETTLED, {}, 5, stateKey.transfer(ASSET)),
    ],
    ["of an hour ago", "trust/stale", detailOf(SETTLED), NOW_MS + 3_600_000],
    [
      "with a changed record",
      "state-proof/wrong-root",
      (() => {
        const honest = detailOf(SETTLED);
        const value = `${(honest.proof.value ?? "").slice(0, -1)}3`;
        return { ...honest, proof: { ...honest.proof, value } };
      })(),
    ],
    [
      "of other validators",
      "trust/unknown-set",
      { ...detailOf(SETTLED), ...setsOf([signersOf("stranger")]) },
    ],
  ])("fails on a proof %s: %s", (_, code, detail, nowMs) => {
    expect(check(detail, nowMs)).toMatchObject({ failure: code, pin });
  });
});
