import {
  bytesToHex,
  decode,
  FAILURE_CODES,
  hexToBytes,
  stateKey,
  type TransferRecord,
  transferRecordCodec,
  verifyStateProof,
} from "@ropenet/protocol";
import { TRANSFER_STATES, type TransferDetail } from "../api.ts";
import { checkHeader, failureOf, VerdictError } from "./checked-header.ts";
import { assertNews, followSets, pinOf, renewed, type TrustPin } from "./trust.ts";

export interface TransferVerdict {
  readonly height: string;
  /** code of the first check that failed */
  readonly failure: string | undefined;
  readonly pin: TrustPin | undefined;
}

export interface TransferVerdictRequest {
  /** of the page */
  readonly id: string;
  readonly detail: TransferDetail;
  readonly pin: TrustPin | undefined;
  readonly nowMs: number;
}

/** What the page shows of a transfer, as its record has it: the record is proven, the page is not. */
function shownBy(record: TransferRecord): Readonly<Record<string, string>> {
  const { asset, leg1 } = record;
  return {
    id: bytesToHex(record.transferId),
    state: TRANSFER_STATES[record.state - 1] ?? "",
    sourceGateway: bytesToHex(leg1.sourceGateway),
    finalGateway: bytesToHex(record.finalGateway),
    assetId: asset ? bytesToHex(asset.assetId) : "",
    tokenId: asset ? bytesToHex(asset.tokenId) : "",
    amount: String(asset?.amount ?? 0n),
    sender: bytesToHex(leg1.sender),
    recipient: asset ? bytesToHex(asset.finalRecipient) : "",
    failure: FAILURE_CODES[record.failure] ?? String(record.failure),
    receivedHeight: String(record.receivedHeight),
    forwardedHeight: String(record.forwardedHeight),
    endedHeight: String(record.endedHeight),
  };
}

/** What the rope's own steps must show, given the record. */
function stepsOf({ state, forwardedHeight }: TransferRecord): Readonly<Record<string, boolean>> {
  const [queued, forwarded, settled, returned] = [1, 2, 3, 4];
  const hasEnded = state === settled || state === returned;
  return {
    received: true,
    forwarded: forwardedHeight !== 0n && state !== queued,
    ...(state === forwarded || state === queued ? {} : { acknowledged: hasEnded }),
    ...(state === settled ? { delivered: true } : {}),
  };
}

function compare(detail: TransferDetail, record: TransferRecord): void {
  const told = detail.transfer as unknown as Readonly<Record<string, unknown>>;
  for (const [field, proven] of Object.entries(shownBy(record))) {
    if (told[field] !== proven) throw new VerdictError({ code: "verdict/other-transfer", field });
  }
  for (const [id, done] of Object.entries(stepsOf(record))) {
    if (detail.steps.find((step) => step.id === id)?.done === done) continue;
    throw new VerdictError({ code: "verdict/other-transfer", field: `steps.${id}` });
  }
}

/** Whether the page tells what the record says, and the record is the rope's. */
export function verifyTransfer({
  id,
  detail,
  pin,
  nowMs,
}: TransferVerdictRequest): TransferVerdict {
  const { proof } = detail;
  try {
    const believed = pin ?? pinOf(detail, nowMs);
    const header = checkHeader(proof, followSets(detail, believed, nowMs));
    assertNews(header, believed, nowMs);
    const key = stateKey.transfer(hexToBytes(id));
    if (proof.key !== bytesToHex(key)) {
      throw new VerdictError({ code: "verdict/other-key", key: proof.key });
    }
    if (proof.value === null) throw new VerdictError({ code: "verdict/no-such-transfer", id });
    const value = hexToBytes(proof.value);
    verifyStateProof(header.stateRoot, key, value, hexToBytes(proof.proof));
    compare(detail, decode(transferRecordCodec, value));
    return { height: proof.height, failure: undefined, pin: renewed(believed, header) };
  } catch (error) {
    return { height: proof.height, failure: failureOf(error), pin };
  }
}
