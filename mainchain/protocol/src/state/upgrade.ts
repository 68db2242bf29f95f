import { type Codec, struct, text, u64 } from "../codec/codec.ts";

/**
 * What governance has decided about the program itself: from `height` on, blocks follow the rules that go by `name`.
 * Whoever does not know them stops before. It stays in the state afterwards.
 */
export interface UpgradePlanRecord {
  readonly name: string;
  readonly height: bigint;
}

export const upgradePlanRecordCodec: Codec<UpgradePlanRecord> = struct<UpgradePlanRecord>({
  name: text(64),
  height: u64,
});
