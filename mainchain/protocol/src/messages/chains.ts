import {
  b20,
  b32,
  type Codec,
  fixedBytes,
  list,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
} from "../codec/codec.ts";

/** An EVM strand attested by `threshold` of `attestors`; m > 2n/3, n ≥ 4. */
export interface RegisterChain {
  readonly name: string;
  readonly kind: number;
  readonly suite: number;
  readonly genesisHash: Uint8Array;
  readonly gatewayAddress: Uint8Array;
  readonly deployment: number;
  /** keccak-256 of the gateway's runtime code; checked in every proof */
  readonly codeHash: Uint8Array;
  readonly attestors: readonly Uint8Array[];
  readonly threshold: number;
  readonly trustingPeriodMs: bigint;
  readonly description: string;
}

export const registerChainCodec: Codec<RegisterChain> = struct<RegisterChain>({
  name: text(64),
  kind: u8,
  suite: u8,
  genesisHash: b32,
  gatewayAddress: b32,
  deployment: u32,
  codeHash: b32,
  attestors: list(b20, 64),
  threshold: u8,
  trustingPeriodMs: u64,
  description: text(256),
});

/** Of one record, as it was reviewed: another that has come in its place under the same gateway is not approved. */
export interface ApproveChain {
  readonly gateway: Uint8Array;
  /** chainRecordHash of the pending record */
  readonly recordHash: Uint8Array;
}

export const approveChainCodec: Codec<ApproveChain> = struct<ApproveChain>({
  gateway: b32,
  recordHash: b32,
});

export interface SuspendChain {
  readonly gateway: Uint8Array;
  readonly reason: number;
}

export const suspendChainCodec: Codec<SuspendChain> = struct<SuspendChain>({
  gateway: b32,
  reason: u16,
});

/** A suspended chain is active again. */
export interface ResumeChain {
  readonly gateway: Uint8Array;
}

export const resumeChainCodec: Codec<ResumeChain> = struct<ResumeChain>({ gateway: b32 });

/** A pending registration is refused; the gateway may be registered anew. */
export interface RejectChain {
  readonly gateway: Uint8Array;
  readonly reason: number;
}

export const rejectChainCodec: Codec<RejectChain> = struct<RejectChain>({
  gateway: b32,
  reason: u16,
});

export interface AttestationSignature {
  /** index into the chain's attestor list; strictly ascending within one update */
  readonly index: number;
  readonly signature: Uint8Array;
}

/** A finalised header of a strand as its attestors signed it. */
export interface UpdateClient {
  readonly gateway: Uint8Array;
  readonly height: bigint;
  readonly headerHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly timeMs: bigint;
  readonly signatures: readonly AttestationSignature[];
}

export const updateClientCodec: Codec<UpdateClient> = struct<UpdateClient>({
  gateway: b32,
  height: u64,
  headerHash: b32,
  stateRoot: b32,
  timeMs: u64,
  signatures: list(struct<AttestationSignature>({ index: u8, signature: fixedBytes(65) }), 64),
});
