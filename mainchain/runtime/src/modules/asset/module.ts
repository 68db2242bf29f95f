import type { Module } from "../../module.ts";
import type {
  AssetDirectory,
  AssetFreezer,
  BooksOpener,
  ChainDirectory,
  Holdings,
  PacketHandler,
  PacketOutlet,
  StrandVerifier,
} from "../../slices.ts";
import { assets, holdings } from "./holdings.ts";
import { observeLien } from "./observe-lien.ts";
import { registerAsset } from "./register-asset.ts";
import { addRepresentation, controlPackets, createFreezer } from "./representations.ts";
import { issueAsset, pledgeAsset, releasePledge, transferAsset } from "./rope-holders.ts";

/** Assets, how they exist on each gateway, and what accounts of the rope hold of them. */
export function createAssetModule(slices: {
  readonly directory: ChainDirectory;
  readonly verifier: StrandVerifier;
  readonly outlet: PacketOutlet;
  readonly books: BooksOpener;
}): Module & {
  readonly assets: AssetDirectory;
  readonly holdings: Holdings;
  readonly controlPackets: PacketHandler;
  readonly freezer: AssetFreezer;
} {
  const { directory, verifier } = slices;
  return {
    name: "asset",
    assets,
    holdings,
    controlPackets,
    freezer: createFreezer(directory, slices.outlet),
    handlers: {
      "asset/register": (context, body) => registerAsset(context, body, slices),
      "asset/add-representation": (context, body) => addRepresentation(context, body, slices),
      "asset/issue": (context, body) => issueAsset(context, body, directory),
      "asset/transfer": (context, body) => transferAsset(context, body, directory),
      "asset/pledge": (context, body) => pledgeAsset(context, body, directory),
      "asset/release-pledge": (context, body) => releasePledge(context, body, directory),
      "asset/observe-lien": (context, body) => observeLien(context, body, verifier),
    },
  };
}
