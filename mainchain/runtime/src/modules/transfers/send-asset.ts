import {
  type AssetPayload,
  accountToB32,
  assetPayloadCodec,
  encode,
  FAILURE_CODES,
  LANE_DEFAULT,
  PACKET_KIND,
  type SendAsset,
} from "@ropenet/protocol";
import type { TransactionContext } from "../../module.ts";
import { admit, excessOf, type TransferSlices } from "./admit.ts";
import { begin } from "./courses.ts";
import { TransfersError } from "./errors.ts";

/** The rope as the first strand: what would be refused later is refused now, and nothing has moved. */
export function sendAsset(
  context: TransactionContext,
  body: SendAsset,
  slices: TransferSlices,
): void {
  const { timeMs, sender } = context;
  const payload: AssetPayload = body;
  if (body.finalTimeoutMs < timeMs + context.parameters.minLegMs) {
    throw new TransfersError({ code: "transfers/bad-field", field: "finalTimeoutMs" });
  }
  const excess = excessOf(context, body);
  if (excess) throw new TransfersError({ code: "transfers/bad-field", field: excess });
  const rope = slices.directory.ropeGateway(context);
  const admission = admit(context, slices, rope, payload);
  if (admission.kind === "refused") {
    const failure = FAILURE_CODES[admission.failure] ?? String(admission.failure);
    throw new TransfersError({ code: "transfers/refused", failure });
  }
  if (admission.kind !== "admitted") {
    throw new TransfersError({ code: "transfers/refused", failure: "not-located-here" });
  }
  slices.holdings.debit(context, admission.asset, body.tokenId, sender, body.amount);
  const payloadBytes = encode(assetPayloadCodec, payload);
  const { packet: leg1, packetHash: transferId } = slices.outlet.originate(context, {
    kind: PACKET_KIND.asset,
    lane: LANE_DEFAULT,
    sender: accountToB32(sender),
    recipient: body.finalRecipient,
    timeoutMs: body.finalTimeoutMs,
    gasLimit: body.finalGasLimit,
    payload: payloadBytes,
  });
  const leg = { leg1, payloadBytes, payload, transferId };
  begin(context, slices, leg, admission, accountToB32(sender));
}
