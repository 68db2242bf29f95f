import { b32, type Codec, encode, struct, u8, u16, u64 } from "../codec/codec.ts";
import { digest, type Suite } from "../hash.ts";

export const ACK_STATUS: { readonly delivered: 1; readonly failed: 2; readonly expired: 3 } = {
  delivered: 1,
  failed: 2,
  expired: 3,
};

/** Why a packet failed; wire-stable. Source: docs/protocol.md §9. */
export const FAILURE_CODES: readonly string[] = [
  "none",
  "expired",
  "unknown-asset",
  "inexact-amount",
  "overflow",
  "receiver-reverted",
  "paused",
  "unknown-credential",
  "bad-payload",
  "lease-over",
  "narrowing-violated",
  "refused-by-supervision",
  "limit",
  "not-located-here",
  "insufficient-escrow",
  "recipient-zero",
  "unknown-gateway",
  "bad-action",
];

export function failureCode(name: string): number {
  const code = FAILURE_CODES.indexOf(name);
  if (code < 0) throw new Error(`unknown failure code ${name}`);
  return code;
}

/** The terminal receipt of a packet, 182 bytes; written once on the destination. */
export interface Acknowledgement {
  readonly version: number;
  readonly status: number;
  readonly code: number;
  readonly lane: number;
  readonly sequence: bigint;
  readonly sourceGateway: Uint8Array;
  readonly destinationGateway: Uint8Array;
  readonly packetHash: Uint8Array;
  readonly resultHash: Uint8Array;
  readonly payee: Uint8Array;
  readonly atMs: bigint;
}

export const acknowledgementCodec: Codec<Acknowledgement> = struct<Acknowledgement>({
  version: u8,
  status: u8,
  code: u16,
  lane: u16,
  sequence: u64,
  sourceGateway: b32,
  destinationGateway: b32,
  packetHash: b32,
  resultHash: b32,
  payee: b32,
  atMs: u64,
});

export function ackHash(suite: Suite, ack: Acknowledgement): Uint8Array {
  return digest(suite, "ack", encode(acknowledgementCodec, ack));
}
