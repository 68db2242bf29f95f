import {
  ASSET_CLASS,
  bytesToHex,
  equalBytes,
  lienSlot,
  lienValue,
  type ObserveLien,
} from "@ropenet/protocol";
import type { TransactionContext } from "../../module.ts";
import type { StrandVerifier } from "../../slices.ts";
import { AssetError } from "./errors.ts";
import { readTitle, requireAsset, writeTitle } from "./holdings.ts";

/** What the gateway at which a title is says of its lien, proven; anybody may bring the proof. */
export function observeLien(
  context: TransactionContext,
  body: ObserveLien,
  verifier: StrandVerifier,
): void {
  const { anchor, assetId, tokenId, lienHolder, amount, agreement, proof } = body;
  const asset = requireAsset(context, assetId);
  if (asset.assetClass !== ASSET_CLASS.unique)
    throw new AssetError({ code: "asset/not-unique", assetId });
  const title = readTitle(context, asset, tokenId);
  if (!equalBytes(title.location, anchor.gateway)) {
    throw new AssetError({ code: "asset/not-located-here", tokenId, location: title.location });
  }
  // A proof from an earlier stay of the title at this gateway says nothing of now.
  if (equalBytes(title.lienGateway, anchor.gateway) && anchor.height < title.lienHeight) {
    const { lienHeight: known } = title;
    throw new AssetError({ code: "asset/older-than-known", height: anchor.height, known });
  }
  const seen = verifier.open(context, anchor).read(lienSlot(assetId, tokenId), proof);
  if (!equalBytes(seen, lienValue({ lienHolder, amount, agreement }))) {
    throw new AssetError({ code: "asset/lien-not-proven", tokenId });
  }
  writeTitle(context, asset, tokenId, {
    ...title,
    lienHolder,
    lienAmount: amount,
    lienAgreement: agreement,
    lienGateway: anchor.gateway,
    lienHeight: anchor.height,
  });
  context.emit("asset.lien-observed", {
    assetId: bytesToHex(assetId),
    tokenId: bytesToHex(tokenId),
    lienHolder: bytesToHex(lienHolder),
    amount: String(amount),
    height: String(anchor.height),
  });
}
