import { bytesToHex, CodedError, equalBytes, secp256k1 } from "@ropenet/crypto";
import { b32, type Codec, encode, struct, u64 } from "../../codec/codec.ts";
import { digest, SUITE_KECCAK } from "../../hash.ts";
import type { AttestationSignature } from "../../messages/chains.ts";

export const MIN_ATTESTORS: 4 = 4;

/** A finalised header of an EVM strand. */
export interface AttestedHeader {
  readonly height: bigint;
  readonly headerHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly timeMs: bigint;
}

export interface Attestation extends AttestedHeader {
  /** hash of the strand's block 0 */
  readonly clientChainId: Uint8Array;
}

const attestationCodec: Codec<Attestation> = struct<Attestation>({
  clientChainId: b32,
  height: u64,
  headerHash: b32,
  stateRoot: b32,
  timeMs: u64,
});

/** What an attestor signs (suite 1, no prefix). Source: docs/protocol.md §9. */
export function attestationDigest(attestation: Attestation): Uint8Array {
  return digest(SUITE_KECCAK, "attestation", encode(attestationCodec, attestation));
}

export interface AttestorSet {
  readonly genesisHash: Uint8Array;
  /** 20-byte addresses, all different, at least four */
  readonly attestors: readonly Uint8Array[];
  /** more than two thirds of the attestors */
  readonly threshold: number;
}

export type AttestationErrorInfo =
  | {
      readonly code: "client/bad-attestor-set";
      readonly attestors: number;
      readonly threshold: number;
    }
  | {
      readonly code: "client/too-few-attestations";
      readonly count: number;
      readonly threshold: number;
    }
  | { readonly code: "client/unordered-attestations"; readonly index: number }
  | { readonly code: "client/unknown-attestor"; readonly index: number }
  | { readonly code: "client/bad-attestation"; readonly index: number };

export class AttestationError extends CodedError<AttestationErrorInfo> {}

/**
 * m > 2n/3 of n ≥ 4 different attestors: what a chain record must hold before anything is verified by it.
 * @throws {AttestationError} `client/bad-attestor-set`
 */
export function checkAttestorSet(set: Omit<AttestorSet, "genesisHash">): void {
  const count = set.attestors.length;
  const distinct = new Set(set.attestors.map(bytesToHex)).size;
  const isSound =
    count >= MIN_ATTESTORS &&
    distinct === count &&
    Number.isInteger(set.threshold) &&
    set.threshold <= count &&
    3 * set.threshold > 2 * count &&
    set.attestors.every((address) => address.length === 20 && address.some((byte) => byte !== 0));
  if (isSound) return;
  throw new AttestationError({
    code: "client/bad-attestor-set",
    attestors: count,
    threshold: set.threshold,
  });
}

/** Cheap before dear: who signed is settled before any signature is recovered. */
function checkIndexes(set: AttestorSet, signatures: readonly AttestationSignature[]): void {
  let previous = -1;
  for (const { index } of signatures) {
    if (index <= previous)
      throw new AttestationError({ code: "client/unordered-attestations", index });
    if (!Object.hasOwn(set.attestors, index)) {
      throw new AttestationError({ code: "client/unknown-attestor", index });
    }
    previous = index;
  }
  if (signatures.length < set.threshold) {
    throw new AttestationError({
      code: "client/too-few-attestations",
      count: signatures.length,
      threshold: set.threshold,
    });
  }
}

/**
 * Checks that at least `threshold` attestors signed `header`, each named once, in ascending order;
 * a single bad signature refuses the whole update.
 * @throws {AttestationError}
 */
export function verifyAttestations(
  set: AttestorSet,
  header: AttestedHeader,
  signatures: readonly AttestationSignature[],
): void {
  checkAttestorSet(set);
  checkIndexes(set, signatures);
  const { height, headerHash, stateRoot, timeMs } = header;
  const message = attestationDigest({
    clientChainId: set.genesisHash,
    height,
    headerHash,
    stateRoot,
    timeMs,
  });
  for (const { index, signature } of signatures) {
    const signer = secp256k1.recoverAddress(message, signature);
    const expected = set.attestors[index];
    if (!signer || !expected || !equalBytes(signer, expected)) {
      throw new AttestationError({ code: "client/bad-attestation", index });
    }
  }
}
