import { CodedError } from "@ropenet/protocol";

export type TransfersErrorInfo =
  | { readonly code: "transfers/unknown-asset"; readonly assetId: Uint8Array }
  | { readonly code: "transfers/refused"; readonly failure: string }
  | { readonly code: "transfers/bad-field"; readonly field: string }
  | { readonly code: "transfers/older-than-known"; readonly height: bigint; readonly known: bigint }
  | {
      readonly code: "transfers/no-representation";
      readonly assetId: Uint8Array;
      readonly gateway: Uint8Array;
    }
  | {
      readonly code: "transfers/not-frozen";
      readonly assetId: Uint8Array;
      readonly gateway: Uint8Array;
    }
  | { readonly code: "transfers/books-not-proven"; readonly counter: string }
  | { readonly code: "hold/too-late"; readonly transferId: Uint8Array; readonly state: number };

export class TransfersError extends CodedError<TransfersErrorInfo> {}
