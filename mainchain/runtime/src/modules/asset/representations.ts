import {
  ACK_STATUS,
  type Acknowledgement,
  type AddRepresentation,
  ASSET_CLASS,
  type AssetRecord,
  bytesToHex,
  type ChainRecord,
  CONTROL_ACTION,
  controlPayloadCodec,
  encode,
  equalBytes,
  failureCode,
  LANE_CONTROL,
  PACKET_KIND,
  REPRESENTATION_MODE,
  type RepresentationRecord,
  representationRecordCodec,
  stateKey,
  ZERO_32,
} from "@ropenet/protocol";
import { type Context, type TransactionContext, writeRecord } from "../../module.ts";
import type { AssetFreezer, ChainDirectory, PacketHandler, PacketOutlet } from "../../slices.ts";
import { AssetError } from "./errors.ts";
import { assets, requireAsset } from "./holdings.ts";

const BAD_ACTION = failureCode("bad-action");
/** As the gateways bound it (docs/protocol.md §9, Scale). */
const MAX_SCALE = 38;
/** Creating a voucher contract is the dearest thing a control packet does. */
const CONTROL_GAS = 1_000_000;
/** Configuration does not go stale with a slow relayer. */
const CONTROL_TIMEOUT_MS = 30n * 24n * 3_600_000n;

function checkFields(body: AddRepresentation, asset: AssetRecord, isOrigin: boolean): void {
  const bad = (field: string): AssetError => new AssetError({ code: "asset/bad-field", field });
  const { localId, decimals, scale, netLimit, windowMs } = body;
  const expected = isOrigin ? asset.nativeId : ZERO_32;
  if (!equalBytes(localId, expected)) throw bad("localId");
  if (
    scale > MAX_SCALE ||
    scale < -MAX_SCALE ||
    (asset.assetClass === ASSET_CLASS.unique && scale !== 0)
  ) {
    throw bad("scale");
  }
  if (decimals !== asset.decimals + scale) throw bad("decimals");
  if (netLimit > 0n && windowMs === 0n) throw bad("windowMs");
}

function sendRegistration(
  context: Context,
  outlet: PacketOutlet,
  parts: {
    readonly asset: AssetRecord;
    readonly chain: ChainRecord;
    readonly record: RepresentationRecord;
  },
): void {
  const { asset, chain, record } = parts;
  const { assetId, assetClass, originGateway, name, symbol } = asset;
  const payload = encode(controlPayloadCodec, {
    ...{ action: CONTROL_ACTION.registerAsset, assetId, assetClass, mode: record.mode },
    ...{ localId: record.localId, originGateway, decimals: record.decimals, scale: record.scale },
    ...{ name, symbol },
  });
  sendControl(context, outlet, chain, assetId, payload);
}

function sendControl(
  context: Context,
  outlet: PacketOutlet,
  destination: ChainRecord,
  assetId: Uint8Array,
  payload: Uint8Array,
): void {
  outlet.send(context, {
    kind: PACKET_KIND.control,
    lane: LANE_CONTROL,
    destination,
    // The acknowledgement finds its asset by it.
    transferId: assetId,
    sender: ZERO_32,
    recipient: destination.gateway,
    timeoutMs: context.timeMs + CONTROL_TIMEOUT_MS,
    gasLimit: CONTROL_GAS,
    payload,
  });
}

/** How an asset exists on one gateway. Usable once that gateway has confirmed its registration. */
export function addRepresentation(
  context: TransactionContext,
  body: AddRepresentation,
  slices: {
    readonly directory: ChainDirectory;
    readonly outlet: PacketOutlet;
  },
): void {
  const { directory, outlet } = slices;
  const { assetId, gateway, localId, decimals, scale, netLimit, windowMs } = body;
  const asset = requireAsset(context, assetId);
  const isOrigin = equalBytes(gateway, asset.originGateway);
  checkFields(body, asset, isOrigin);
  if (assets.representation(context, assetId, gateway)) {
    throw new AssetError({ code: "asset/representation-exists", assetId, gateway });
  }
  const chain = equalBytes(gateway, directory.ropeGateway(context))
    ? undefined
    : directory.assertActive(context, gateway);
  const record: RepresentationRecord = {
    mode: isOrigin ? REPRESENTATION_MODE.origin : REPRESENTATION_MODE.voucher,
    localId,
    decimals,
    scale,
    netLimit,
    windowMs,
    codeHash: chain?.codeHash ?? ZERO_32,
    confirmed: chain === undefined,
  };
  writeRecord(
    context.state,
    stateKey.representation(assetId, gateway),
    representationRecordCodec,
    record,
  );
  if (chain) sendRegistration(context, outlet, { asset, chain, record });
  context.emit("asset.representation-added", {
    assetId: bytesToHex(assetId),
    gateway: bytesToHex(gateway),
  });
}

function settleRegistration(
  context: Context,
  assetId: Uint8Array,
  chain: ChainRecord,
  { status, code }: Acknowledgement,
): void {
  const record = assets.representation(context, assetId, chain.gateway);
  if (!record) throw new Error("a control packet without its representation");
  const key = stateKey.representation(assetId, chain.gateway);
  const attributes = { assetId: bytesToHex(assetId), gateway: bytesToHex(chain.gateway) };
  // The lane is ordered: after its registration was confirmed, only freezes are answered.
  if (record.confirmed) {
    context.emit("asset.freeze-answered", { ...attributes, status: String(status) });
    return;
  }
  if (status === ACK_STATUS.delivered) {
    writeRecord(context.state, key, representationRecordCodec, { ...record, confirmed: true });
    context.emit("asset.representation-confirmed", attributes);
    return;
  }
  // Gone, so that it can be added again as the gateway wants it.
  context.state.delete(key);
  context.emit("asset.representation-refused", { ...attributes, failure: String(code) });
}

/** Where the asset is usable; a gateway that has not confirmed it has nothing to freeze. */
export function createFreezer(directory: ChainDirectory, outlet: PacketOutlet): AssetFreezer {
  return {
    setFrozen(context, assetId, frozen): void {
      const action = frozen ? CONTROL_ACTION.freeze : CONTROL_ACTION.unfreeze;
      for (const chain of directory.listAdmitted(context)) {
        if (!assets.representation(context, assetId, chain.gateway)?.confirmed) continue;
        sendControl(
          context,
          outlet,
          chain,
          assetId,
          encode(controlPayloadCodec, { action, assetId }),
        );
      }
    },
  };
}

/** Control packets go from the rope to strands only. */
export const controlPackets: PacketHandler = {
  receive: () => ({ kind: "ended", status: ACK_STATUS.failed, failure: BAD_ACTION }),
  acknowledge: (context, { transferId, chain, acknowledgement }) =>
    settleRegistration(context, transferId, chain, acknowledgement),
};
