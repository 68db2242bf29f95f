import {
  ASSET_CLASS,
  assetIdOf,
  assetRecordCodec,
  b32,
  b32ToAccount,
  bytesToHex,
  equalBytes,
  type RegisterAsset,
  stateKey,
  u32,
} from "@ropenet/protocol";
import { readRecord, type TransactionContext, writeRecord } from "../../module.ts";
import type { BooksOpener, ChainDirectory } from "../../slices.ts";
import { AssetError } from "./errors.ts";

/** As ERC-20 contracts show them; more would not fit the amounts. */
const MAX_DECIMALS = 30;
/** 1 一般 · 2 重要 · 3 核心 */
const MAX_CLASSIFICATION = 3;

function checkFields(body: RegisterAsset): void {
  const bad = (field: string): AssetError => new AssetError({ code: "asset/bad-field", field });
  const { assetClass, decimals, name, symbol, classification } = body;
  if (assetClass !== ASSET_CLASS.fungible && assetClass !== ASSET_CLASS.unique)
    throw bad("assetClass");
  if (decimals > MAX_DECIMALS || (assetClass === ASSET_CLASS.unique && decimals !== 0))
    throw bad("decimals");
  if (name.length === 0) throw bad("name");
  if (symbol.length === 0) throw bad("symbol");
  if (classification < 1 || classification > MAX_CLASSIFICATION) throw bad("classification");
}

/** An asset with its origin, by the standards office. Its origin's gateway learns of it by `add-representation`. */
export function registerAsset(
  context: TransactionContext,
  body: RegisterAsset,
  slices: {
    readonly directory: ChainDirectory;
    readonly books: BooksOpener;
  },
): void {
  const { state, sender } = context;
  checkFields(body);
  const { originGateway, assetClass, nativeId } = body;
  if (!equalBytes(originGateway, slices.directory.ropeGateway(context))) {
    slices.directory.assertActive(context, originGateway);
    if (!b32ToAccount(nativeId))
      throw new AssetError({ code: "asset/bad-field", field: "nativeId" });
  }
  const assetId = assetIdOf(originGateway, assetClass, nativeId);
  if (state.get(stateKey.asset(assetId))) throw new AssetError({ code: "asset/exists", assetId });
  const index = readRecord(state, stateKey.assetCount(), u32) ?? 0;
  writeRecord(state, stateKey.asset(assetId), assetRecordCodec, {
    ...body,
    assetId,
    index,
    registrant: sender,
    state: 1,
  });
  writeRecord(state, stateKey.assetByIndex(index), b32, assetId);
  writeRecord(state, stateKey.assetCount(), u32, index + 1);
  slices.books.open(context, assetId);
  context.emit("asset.registered", { assetId: bytesToHex(assetId), symbol: body.symbol });
}
