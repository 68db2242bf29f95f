import { b20, type Codec, struct, u128 } from "../codec/codec.ts";

/** Native coin from the sender to `to`. */
export interface TransferCoins {
  readonly to: Uint8Array;
  readonly amount: bigint;
}

export const transferCoinsCodec: Codec<TransferCoins> = struct<TransferCoins>({
  to: b20,
  amount: u128,
});
