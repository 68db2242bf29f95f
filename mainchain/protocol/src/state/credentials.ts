import { b20, b32, type Codec, list, struct, text, u8, u16, u32, u64 } from "../codec/codec.ts";

export interface CredentialRecord {
  readonly credentialId: Uint8Array;
  readonly homeGateway: Uint8Array;
  readonly issuers: readonly Uint8Array[];
  /** bit i = issuer i has confirmed */
  readonly confirmed: number;
  readonly ownerCommitment: Uint8Array;
  readonly dataDigest: Uint8Array;
  readonly purpose: number;
  readonly classification: number;
  readonly granted: bigint;
  readonly inFlight: bigint;
  readonly expiryMs: bigint;
  readonly revokedAtMs: bigint;
  readonly policyHash: Uint8Array;
  readonly title: string;
  /** gateways that hold or held a position, the home first */
  readonly gateways: readonly Uint8Array[];
}
export const credentialRecordCodec: Codec<CredentialRecord> = struct<CredentialRecord>({
  credentialId: b32,
  homeGateway: b32,
  issuers: list(b20, 9),
  confirmed: u16,
  ownerCommitment: b32,
  dataDigest: b32,
  purpose: u32,
  classification: u8,
  granted: u64,
  inFlight: u64,
  expiryMs: u64,
  revokedAtMs: u64,
  policyHash: b32,
  title: text(128),
  gateways: list(b32, 64),
});

export interface CredentialPositionRecord {
  readonly granteeCommitment: Uint8Array;
  readonly remaining: bigint;
  readonly used: bigint;
  readonly leaseUntilMs: bigint;
}
export const credentialPositionRecordCodec: Codec<CredentialPositionRecord> =
  struct<CredentialPositionRecord>({
    granteeCommitment: b32,
    remaining: u64,
    used: u64,
    leaseUntilMs: u64,
  });
