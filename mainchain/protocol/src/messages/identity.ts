import { b20, b32, type Codec, struct, text, u8, u16 } from "../codec/codec.ts";

/** Office 外联部 admits. `codeCommitment` = SM3(salt ‖ 统一社会信用代码). */
export interface AdmitMember {
  readonly memberId: Uint8Array;
  readonly kind: number;
  readonly name: string;
  readonly codeCommitment: Uint8Array;
  readonly account: Uint8Array;
}

export const admitMemberCodec: Codec<AdmitMember> = struct<AdmitMember>({
  memberId: b32,
  kind: u8,
  name: text(128),
  codeCommitment: b32,
  account: b20,
});

export interface SuspendMember {
  readonly memberId: Uint8Array;
  readonly reason: number;
}

export const suspendMemberCodec: Codec<SuspendMember> = struct<SuspendMember>({
  memberId: b32,
  reason: u16,
});
