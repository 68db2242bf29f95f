import {
  b20,
  b32,
  type Codec,
  list,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  varBytes,
} from "../codec/codec.ts";
import { type ProofAnchor, proofAnchorCodec, type TrieNodes, trieNodesCodec } from "./proofs.ts";

/** The sender is the first issuer; the credential takes effect when every co-issuer has confirmed. */
export interface IssueCredential {
  readonly salt: Uint8Array;
  readonly coIssuers: readonly Uint8Array[];
  readonly ownerCommitment: Uint8Array;
  readonly dataDigest: Uint8Array;
  readonly purpose: number;
  readonly classification: number;
  readonly granted: bigint;
  readonly expiryMs: bigint;
  readonly policyHash: Uint8Array;
  readonly title: string;
}

export const issueCredentialCodec: Codec<IssueCredential> = struct<IssueCredential>({
  salt: b32,
  coIssuers: list(b20, 8),
  ownerCommitment: b32,
  dataDigest: b32,
  purpose: u32,
  classification: u8,
  granted: u64,
  expiryMs: u64,
  policyHash: b32,
  title: text(128),
});

export interface ConfirmCredential {
  readonly credentialId: Uint8Array;
}

export const confirmCredentialCodec: Codec<ConfirmCredential> = struct<ConfirmCredential>({
  credentialId: b32,
});

/** Moves units from the home position to a gateway; only an issuer, only a narrowing. */
export interface DelegateCredential {
  readonly credentialId: Uint8Array;
  readonly finalGateway: Uint8Array;
  readonly finalGrantee: Uint8Array;
  readonly quota: bigint;
  readonly leaseUntilMs: bigint;
  readonly timeoutMs: bigint;
  /** SM2 ciphertexts of salt ‖ account for counterparty and regulator; opaque to the chain */
  readonly sealedGrantee: Uint8Array;
}

export const delegateCredentialCodec: Codec<DelegateCredential> = struct<DelegateCredential>({
  credentialId: b32,
  finalGateway: b32,
  finalGrantee: b32,
  quota: u64,
  leaseUntilMs: u64,
  timeoutMs: u64,
  sealedGrantee: varBytes(1024, u16),
});

/** By any issuer; a revocation packet goes to every gateway that holds a position. */
export interface RevokeCredential {
  readonly credentialId: Uint8Array;
  readonly reason: number;
}

export const revokeCredentialCodec: Codec<RevokeCredential> = struct<RevokeCredential>({
  credentialId: b32,
  reason: u16,
});

/** The strand's monotone counters at a proven height. */
export interface ObserveUsage {
  readonly anchor: ProofAnchor;
  readonly credentialId: Uint8Array;
  readonly used: bigint;
  readonly remaining: bigint;
  readonly usedProof: TrieNodes;
  readonly remainingProof: TrieNodes;
}

export const observeUsageCodec: Codec<ObserveUsage> = struct<ObserveUsage>({
  anchor: proofAnchorCodec,
  credentialId: b32,
  used: u64,
  remaining: u64,
  usedProof: trieNodesCodec,
  remainingProof: trieNodesCodec,
});
