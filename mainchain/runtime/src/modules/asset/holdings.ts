import {
  ASSET_CLASS,
  type AssetRecord,
  assetRecordCodec,
  equalBytes,
  holdingRecordCodec,
  MAX_AMOUNT,
  representationRecordCodec,
  ropeGatewayUid,
  stateKey,
  type TitleRecord,
  titleRecordCodec,
  ZERO_20,
  ZERO_32,
} from "@ropenet/protocol";
import { type Context, readRecord, writeRecord } from "../../module.ts";
import type { AssetDirectory, Holdings } from "../../slices.ts";
import { AssetError } from "./errors.ts";

export const assets: AssetDirectory = {
  find: (context, assetId) => readRecord(context.state, stateKey.asset(assetId), assetRecordCodec),
  representation: (context, assetId, gateway) =>
    readRecord(context.state, stateKey.representation(assetId, gateway), representationRecordCodec),
};

/** @throws {AssetError} `asset/unknown` */
export function requireAsset(context: Context, assetId: Uint8Array): AssetRecord {
  const asset = assets.find(context, assetId);
  if (!asset) throw new AssetError({ code: "asset/unknown", assetId });
  return asset;
}

/** A title that nobody has moved yet is at its origin and free. */
export function readTitle(context: Context, asset: AssetRecord, tokenId: Uint8Array): TitleRecord {
  return (
    readRecord(context.state, stateKey.title(asset.assetId, tokenId), titleRecordCodec) ?? {
      location: asset.originGateway,
      towards: ZERO_32,
      holder: ZERO_20,
      ...FREE,
    }
  );
}

export function writeTitle(
  context: Context,
  asset: AssetRecord,
  tokenId: Uint8Array,
  title: TitleRecord,
): void {
  writeRecord(context.state, stateKey.title(asset.assetId, tokenId), titleRecordCodec, title);
}

export const FREE: Omit<TitleRecord, "location" | "towards" | "holder"> = {
  lienHolder: ZERO_32,
  lienAmount: 0n,
  lienAgreement: ZERO_32,
  lienGateway: ZERO_32,
  lienHeight: 0n,
};

/** @throws {AssetError} `asset/encumbered` */
export function assertFree(tokenId: Uint8Array, title: TitleRecord): void {
  const { lienHolder, lienAmount: amount } = title;
  if (!equalBytes(lienHolder, ZERO_32) || amount > 0n) {
    throw new AssetError({ code: "asset/encumbered", tokenId, lienHolder, amount });
  }
}

/** @throws {AssetError} `asset/not-located-here`, `asset/not-holder` */
export function assertHolder(
  context: Context,
  tokenId: Uint8Array,
  title: TitleRecord,
  account: Uint8Array,
): void {
  const { location, holder } = title;
  if (!equalBytes(location, ropeGatewayUid(context.parameters.chainId))) {
    throw new AssetError({ code: "asset/not-located-here", tokenId, location });
  }
  if (!equalBytes(holder, account)) throw new AssetError({ code: "asset/not-holder", tokenId });
}

function balanceOf(context: Context, assetId: Uint8Array, account: Uint8Array): bigint {
  const key = stateKey.holding(assetId, account);
  return readRecord(context.state, key, holdingRecordCodec)?.balance ?? 0n;
}

function setBalance(
  context: Context,
  assetId: Uint8Array,
  account: Uint8Array,
  balance: bigint,
): void {
  const key = stateKey.holding(assetId, account);
  if (balance === 0n) context.state.delete(key);
  else writeRecord(context.state, key, holdingRecordCodec, { balance });
}

export const holdings: Holdings = {
  debit(context, asset, tokenId, account, amount): void {
    if (asset.assetClass === ASSET_CLASS.unique) {
      const title = readTitle(context, asset, tokenId);
      assertHolder(context, tokenId, title, account);
      assertFree(tokenId, title);
    }
    const balance = balanceOf(context, asset.assetId, account);
    if (balance < amount) throw new AssetError({ code: "asset/insufficient", balance, amount });
    setBalance(context, asset.assetId, account, balance - amount);
  },
  credit(context, asset, account, amount): void {
    const balance = balanceOf(context, asset.assetId, account) + amount;
    if (balance > MAX_AMOUNT) throw new AssetError({ code: "asset/overflow", amount });
    setBalance(context, asset.assetId, account, balance);
  },
  placeOf: (context, asset, tokenId) => readTitle(context, asset, tokenId),
  departTitle: (context, asset, tokenId, towards) =>
    writeTitle(context, asset, tokenId, { location: ZERO_32, towards, holder: ZERO_20, ...FREE }),
  settleTitle: (context, asset, tokenId, { gateway, holder, height }) =>
    writeTitle(context, asset, tokenId, {
      ...FREE,
      location: gateway,
      towards: ZERO_32,
      holder,
      lienGateway: gateway,
      lienHeight: height,
    }),
};
