import { CodedError } from "@ropenet/protocol";

export type AssetErrorInfo =
  | { readonly code: "asset/unknown"; readonly assetId: Uint8Array }
  | { readonly code: "asset/exists"; readonly assetId: Uint8Array }
  | { readonly code: "asset/bad-field"; readonly field: string }
  | { readonly code: "asset/frozen"; readonly assetId: Uint8Array }
  | {
      readonly code: "asset/representation-exists";
      readonly assetId: Uint8Array;
      readonly gateway: Uint8Array;
    }
  | { readonly code: "asset/not-registrant"; readonly account: Uint8Array }
  | { readonly code: "asset/not-of-the-rope"; readonly originGateway: Uint8Array }
  | { readonly code: "asset/zero-amount" }
  | { readonly code: "asset/overflow"; readonly amount: bigint }
  | { readonly code: "asset/insufficient"; readonly balance: bigint; readonly amount: bigint }
  | { readonly code: "asset/title-exists"; readonly tokenId: Uint8Array }
  | { readonly code: "asset/not-unique"; readonly assetId: Uint8Array }
  | { readonly code: "asset/not-holder"; readonly tokenId: Uint8Array }
  | {
      readonly code: "asset/not-located-here";
      readonly tokenId: Uint8Array;
      readonly location: Uint8Array;
    }
  | {
      readonly code: "asset/encumbered";
      readonly tokenId: Uint8Array;
      readonly lienHolder: Uint8Array;
      readonly amount: bigint;
    }
  | { readonly code: "asset/not-pledged-here"; readonly tokenId: Uint8Array }
  | {
      readonly code: "asset/not-creditor";
      readonly tokenId: Uint8Array;
      readonly lienHolder: Uint8Array;
    }
  | { readonly code: "asset/older-than-known"; readonly height: bigint; readonly known: bigint }
  | { readonly code: "asset/lien-not-proven"; readonly tokenId: Uint8Array };

export class AssetError extends CodedError<AssetErrorInfo> {}
