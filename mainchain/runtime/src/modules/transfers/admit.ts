import {
  ASSET_CLASS,
  type AssetPayload,
  type AssetRecord,
  b32ToAccount,
  CHAIN_STATE,
  type ChainRecord,
  equalBytes,
  failureCode,
  MAX_GAS_LIMIT,
  MAX_TIMEOUT_MS,
  ZERO_32,
} from "@ropenet/protocol";
import type { Context } from "../../module.ts";
import type {
  AssetDirectory,
  ChainDirectory,
  Halts,
  Holdings,
  Holds,
  PacketOutlet,
} from "../../slices.ts";
import { funds, isFrozen } from "./books.ts";

/** Where value ends: an active strand, or the rope. */
export type Destination =
  | { readonly kind: "strand"; readonly chain: ChainRecord }
  | { readonly kind: "rope"; readonly account: Uint8Array };

export type Admission =
  | { readonly kind: "admitted"; readonly asset: AssetRecord; readonly destination: Destination }
  /** `asset` undefined = nobody registered it, so there is nothing to count */
  | {
      readonly kind: "refused";
      readonly failure: number;
      readonly asset: AssetRecord | undefined;
    }
  /** the source gives what is still in flight to it: no receipt, and nothing else either, until that is answered */
  | { readonly kind: "early" }
  /** the source gives what it cannot have: no receipt, books of the pair frozen */
  /** `impossible`: the strand gave what it cannot have; otherwise the pair is frozen because it once did */
  | { readonly kind: "quarantined"; readonly asset: AssetRecord; readonly impossible: boolean };

export interface AdmissionSlices {
  readonly directory: ChainDirectory;
  readonly assets: AssetDirectory;
  readonly holdings: Holdings;
}

/** What a transfer needs of other modules on its whole way. */
export interface TransferSlices extends AdmissionSlices {
  readonly outlet: PacketOutlet;
  readonly holds: Holds;
  readonly halts: Halts;
}

function isExact(amount: bigint, scale: number): boolean {
  return scale >= 0 || amount % 10n ** BigInt(-scale) === 0n;
}

/** Where a transfer may go now; a number = why not. */
export function findDestination(
  context: Context,
  { directory, assets }: AdmissionSlices,
  { finalGateway, finalRecipient, assetId, amount }: AssetPayload,
): Destination | number {
  if (equalBytes(finalRecipient, ZERO_32)) return failureCode("recipient-zero");
  const representation = assets.representation(context, assetId, finalGateway);
  if (equalBytes(finalGateway, directory.ropeGateway(context))) {
    const account = b32ToAccount(finalRecipient);
    if (!account) return failureCode("recipient-zero");
    if (!representation) return failureCode("unknown-asset");
    return { kind: "rope", account };
  }
  const chain = directory.find(context, finalGateway);
  if (chain?.state !== CHAIN_STATE.active) return failureCode("unknown-gateway");
  if (!representation?.confirmed) return failureCode("unknown-asset");
  if (!isExact(amount, representation.scale)) return failureCode("inexact-amount");
  if (isFrozen(context.state, assetId, finalGateway)) return failureCode("paused");
  return { kind: "strand", chain };
}

function isWellFormed(asset: AssetRecord, { amount, tokenId }: AssetPayload): boolean {
  const isToken = !equalBytes(tokenId, ZERO_32);
  return asset.assetClass === ASSET_CLASS.unique
    ? isToken && amount === 1n
    : !isToken && amount > 0n;
}

/** The field of a second leg that nobody could deliver, or that would never end; undefined if there is none. */
export function excessOf(
  { timeMs }: Context,
  { finalGasLimit, finalTimeoutMs }: Pick<AssetPayload, "finalGasLimit" | "finalTimeoutMs">,
): "finalGasLimit" | "finalTimeoutMs" | undefined {
  if (finalGasLimit > MAX_GAS_LIMIT) return "finalGasLimit";
  return finalTimeoutMs > timeMs + MAX_TIMEOUT_MS ? "finalTimeoutMs" : undefined;
}

/** Where a title is, as seen from a strand that sends it. */
function titleAt(
  context: Context,
  holdings: Holdings,
  asset: AssetRecord,
  { tokenId }: AssetPayload,
  gateway: Uint8Array,
): "here" | "coming" | "elsewhere" {
  const { location, towards } = holdings.placeOf(context, asset, tokenId);
  if (equalBytes(location, gateway)) return "here";
  return equalBytes(towards, gateway) ? "coming" : "elsewhere";
}

/** What a first leg may do, before anything is moved. Source: docs/protocol.md §3, §4. */
export function admit(
  context: Context,
  slices: AdmissionSlices,
  sourceGateway: Uint8Array,
  payload: AssetPayload,
): Admission {
  const { directory, assets, holdings } = slices;
  const { assetId, finalGateway, amount } = payload;
  const found = assets.find(context, assetId);
  const asset = found && assets.representation(context, assetId, sourceGateway) ? found : undefined;
  const refuse = (name: string): Admission => ({
    kind: "refused",
    failure: failureCode(name),
    asset,
  });
  if (!asset) return refuse("unknown-asset");
  if (asset.state !== 1) return refuse("paused");
  if (!isWellFormed(asset, payload)) return refuse("bad-payload");
  if (excessOf(context, payload)) return refuse("bad-payload");
  if (equalBytes(finalGateway, sourceGateway)) return refuse("unknown-gateway");
  const destination = findDestination(context, { directory, assets, holdings }, payload);
  if (typeof destination === "number") return { kind: "refused", failure: destination, asset };
  const available = funds(context.state, asset, sourceGateway, amount);
  if (available === "overflow") return refuse("overflow");
  const title =
    asset.assetClass === ASSET_CLASS.unique
      ? titleAt(context, holdings, asset, payload, sourceGateway)
      : "here";
  const impossible = available === "overdrawn" || title === "elsewhere";
  if (impossible || isFrozen(context.state, assetId, sourceGateway)) {
    return { kind: "quarantined", asset, impossible };
  }
  if (available === "early" || title === "coming") return { kind: "early" };
  return { kind: "admitted", asset, destination };
}
