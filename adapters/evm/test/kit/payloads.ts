import {
  type AssetPayload,
  assetIdOf,
  assetPayloadCodec,
  type CredentialPayload,
  controlPayloadCodec,
  credentialPayloadCodec,
  encode,
  LANE_CONTROL,
  LANE_DEFAULT,
  PACKET_KIND,
  ZERO_32,
} from "@ropenet/protocol";
import { addressToB32 } from "../../src/contracts/words.ts";
import type { PacketPlan } from "./test-rope.ts";

export const FUNGIBLE = 1;
export const UNIQUE = 2;
export const OTHER_STRAND: Uint8Array = new Uint8Array(32).fill(0x22);

export interface TestAsset {
  readonly assetId: Uint8Array;
  readonly packet: PacketPlan;
}

/** A token of this strand. */
export function originAsset(gateway: Uint8Array, token: string, assetClass: number): TestAsset {
  const localId = addressToB32(token);
  const assetId = assetIdOf(gateway, assetClass, localId);
  return {
    assetId,
    packet: registration({ assetId, assetClass, mode: 1, localId, originGateway: gateway }),
  };
}

/** A token of another strand, to be represented here. */
export function voucherAsset(seed: number, assetClass: number): TestAsset {
  const assetId = assetIdOf(OTHER_STRAND, assetClass, new Uint8Array(32).fill(seed));
  return {
    assetId,
    packet: registration({
      assetId,
      assetClass,
      mode: 2,
      localId: ZERO_32,
      originGateway: OTHER_STRAND,
    }),
  };
}

function registration(body: {
  readonly assetId: Uint8Array;
  readonly assetClass: number;
  readonly mode: number;
  readonly localId: Uint8Array;
  readonly originGateway: Uint8Array;
}): PacketPlan {
  const decimals = body.assetClass === UNIQUE ? 0 : 2;
  return {
    kind: PACKET_KIND.control,
    lane: LANE_CONTROL,
    payload: encode(controlPayloadCodec, {
      action: 1,
      ...body,
      decimals,
      scale: 0,
      name: "测试（虚构）",
      symbol: "TST",
    }),
  };
}

export function assetPacket(
  gateway: Uint8Array,
  recipient: string,
  payload: Pick<AssetPayload, "assetId" | "amount"> & Partial<AssetPayload>,
): PacketPlan {
  const account = addressToB32(recipient);
  return {
    kind: PACKET_KIND.asset,
    lane: LANE_DEFAULT,
    recipient: account,
    payload: encode(assetPayloadCodec, {
      tokenId: ZERO_32,
      finalGateway: gateway,
      finalRecipient: account,
      finalTimeoutMs: 0n,
      finalGasLimit: 0,
      obligationId: ZERO_32,
      memo: new Uint8Array(),
      ...payload,
    }),
  };
}

export function credentialPacket(payload: CredentialPayload): PacketPlan {
  return {
    kind: PACKET_KIND.credential,
    lane: LANE_DEFAULT,
    payload: encode(credentialPayloadCodec, payload),
  };
}
