import { b20, b32, type Codec, choice, struct, text, u8 } from "../codec/codec.ts";

/** 1 有效, 2 停用 */
export interface MemberRecord {
  readonly memberId: Uint8Array;
  readonly kind: number;
  readonly name: string;
  readonly codeCommitment: Uint8Array;
  readonly account: Uint8Array;
  readonly state: 1 | 2;
}
export const memberRecordCodec: Codec<MemberRecord> = struct<MemberRecord>({
  memberId: b32,
  kind: u8,
  name: text(128),
  codeCommitment: b32,
  account: b20,
  state: choice<1 | 2>(1, 2),
});
