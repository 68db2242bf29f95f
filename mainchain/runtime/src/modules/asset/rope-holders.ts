import {
  ASSET_CLASS,
  accountToB32,
  bytesToHex,
  equalBytes,
  type IssueAsset,
  MAX_AMOUNT,
  type PledgeAsset,
  type ReleasePledge,
  stateKey,
  type TransferAsset,
  u128,
  ZERO_20,
  ZERO_32,
} from "@ropenet/protocol";
import { readRecord, type TransactionContext, writeRecord } from "../../module.ts";
import type { ChainDirectory } from "../../slices.ts";
import { AssetError } from "./errors.ts";
import {
  assertFree,
  assertHolder,
  FREE,
  holdings,
  readTitle,
  requireAsset,
  writeTitle,
} from "./holdings.ts";

function checkAmount(assetClass: number, tokenId: Uint8Array, amount: bigint): void {
  if (amount === 0n) throw new AssetError({ code: "asset/zero-amount" });
  const isToken = !equalBytes(tokenId, ZERO_32);
  if (isToken !== (assetClass === ASSET_CLASS.unique)) {
    throw new AssetError({ code: "asset/bad-field", field: "tokenId" });
  }
  if (isToken && amount !== 1n) throw new AssetError({ code: "asset/bad-field", field: "amount" });
}

/**
 * All units of an asset of the rope fit into one balance, so that none can be too full for what comes back to it:
 * neither an acknowledgement nor the end of a block may fail.
 */
function countIssued({ state }: TransactionContext, assetId: Uint8Array, amount: bigint): void {
  const key = stateKey.issued(assetId);
  const issued = (readRecord(state, key, u128) ?? 0n) + amount;
  if (issued > MAX_AMOUNT) throw new AssetError({ code: "asset/overflow", amount });
  writeRecord(state, key, u128, issued);
}

/** New units or a new title of an asset whose origin is the rope, by its registrant. */
export function issueAsset(
  context: TransactionContext,
  body: IssueAsset,
  directory: ChainDirectory,
): void {
  const { assetId, tokenId, amount, to } = body;
  const asset = requireAsset(context, assetId);
  const rope = directory.ropeGateway(context);
  if (!equalBytes(asset.originGateway, rope)) {
    throw new AssetError({ code: "asset/not-of-the-rope", originGateway: asset.originGateway });
  }
  if (!equalBytes(asset.registrant, context.sender)) {
    throw new AssetError({ code: "asset/not-registrant", account: context.sender });
  }
  checkAmount(asset.assetClass, tokenId, amount);
  if (equalBytes(to, ZERO_20)) throw new AssetError({ code: "asset/bad-field", field: "to" });
  countIssued(context, assetId, amount);
  if (asset.assetClass === ASSET_CLASS.unique) {
    if (context.state.get(stateKey.title(assetId, tokenId))) {
      throw new AssetError({ code: "asset/title-exists", tokenId });
    }
    holdings.settleTitle(context, asset, tokenId, {
      gateway: rope,
      holder: to,
      height: context.height,
    });
  }
  holdings.credit(context, asset, to, amount);
  context.emit("asset.issued", {
    assetId: bytesToHex(assetId),
    to: bytesToHex(to),
    amount: String(amount),
  });
}

/** Between accounts of the rope. */
export function transferAsset(
  context: TransactionContext,
  body: TransferAsset,
  directory: ChainDirectory,
): void {
  const { assetId, tokenId, amount, to } = body;
  const asset = requireAsset(context, assetId);
  if (asset.state !== 1) throw new AssetError({ code: "asset/frozen", assetId });
  checkAmount(asset.assetClass, tokenId, amount);
  if (equalBytes(to, ZERO_20)) throw new AssetError({ code: "asset/bad-field", field: "to" });
  holdings.debit(context, asset, tokenId, context.sender, amount);
  holdings.credit(context, asset, to, amount);
  if (asset.assetClass === ASSET_CLASS.unique) {
    holdings.settleTitle(context, asset, tokenId, {
      gateway: directory.ropeGateway(context),
      holder: to,
      height: context.height,
    });
  }
  context.emit("asset.transferred", {
    assetId: bytesToHex(assetId),
    from: bytesToHex(context.sender),
    to: bytesToHex(to),
    amount: String(amount),
  });
}

/** One title secures one debt: what is encumbered anywhere, as far as the rope has seen proof, is refused here. */
export function pledgeAsset(
  context: TransactionContext,
  body: PledgeAsset,
  directory: ChainDirectory,
): void {
  const { assetId, tokenId, creditor, amount, agreement } = body;
  const asset = requireAsset(context, assetId);
  if (asset.assetClass !== ASSET_CLASS.unique)
    throw new AssetError({ code: "asset/not-unique", assetId });
  if (amount === 0n) throw new AssetError({ code: "asset/zero-amount" });
  if (equalBytes(creditor, ZERO_20)) {
    throw new AssetError({ code: "asset/bad-field", field: "creditor" });
  }
  const title = readTitle(context, asset, tokenId);
  assertFree(tokenId, title);
  assertHolder(context, tokenId, title, context.sender);
  writeTitle(context, asset, tokenId, {
    ...title,
    lienHolder: accountToB32(creditor),
    lienAmount: amount,
    lienAgreement: agreement,
    lienGateway: directory.ropeGateway(context),
    lienHeight: context.height,
  });
  context.emit("asset.pledged", {
    assetId: bytesToHex(assetId),
    tokenId: bytesToHex(tokenId),
    creditor: bytesToHex(creditor),
    amount: String(amount),
  });
}

/** The debt is paid: only its creditor can say so. A lien of a strand ends there, and is proven gone. */
export function releasePledge(
  context: TransactionContext,
  { assetId, tokenId }: ReleasePledge,
  directory: ChainDirectory,
): void {
  const asset = requireAsset(context, assetId);
  if (asset.assetClass !== ASSET_CLASS.unique)
    throw new AssetError({ code: "asset/not-unique", assetId });
  const title = readTitle(context, asset, tokenId);
  const { lienHolder, lienGateway } = title;
  const isHere = equalBytes(lienGateway, directory.ropeGateway(context));
  if (!isHere || equalBytes(lienHolder, ZERO_32)) {
    throw new AssetError({ code: "asset/not-pledged-here", tokenId });
  }
  if (!equalBytes(lienHolder, accountToB32(context.sender))) {
    throw new AssetError({ code: "asset/not-creditor", tokenId, lienHolder });
  }
  const { location, towards, holder } = title;
  writeTitle(context, asset, tokenId, {
    ...FREE,
    ...{ location, towards, holder },
    lienGateway,
    lienHeight: context.height,
  });
  context.emit("asset.released", {
    assetId: bytesToHex(assetId),
    tokenId: bytesToHex(tokenId),
    creditor: bytesToHex(lienHolder),
  });
}
