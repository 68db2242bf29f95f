import { compareBytes, secp256k1, sm2, sm3 } from "@ropenet/crypto";
import { b32, type Codec, choice, encode, list, struct, u8, u16, u64 } from "../codec/codec.ts";
import { digest, SUITE_KECCAK, SUITE_SM, type Suite } from "../hash.ts";
import { accountToB32 } from "../identifiers.ts";

/** No third suite has an encoding, so none can be hashed as if it were one of the two. */
const suiteCodec: Codec<number> = choice<number>(SUITE_KECCAK, SUITE_SM);

/** What validators sign for gateways, 122 bytes. Source: docs/protocol.md §1, §6. */
export interface Checkpoint {
  readonly version: number;
  readonly suite: number;
  readonly ropeChainId: Uint8Array;
  readonly epoch: bigint;
  readonly height: bigint;
  readonly timeMs: bigint;
  readonly outboxesRoot: Uint8Array;
  readonly stateRoot: Uint8Array;
}

export const checkpointCodec: Codec<Checkpoint> = struct<Checkpoint>({
  version: u8,
  suite: suiteCodec,
  ropeChainId: b32,
  epoch: u64,
  height: u64,
  timeMs: u64,
  outboxesRoot: b32,
  stateRoot: b32,
});

/** One signer set hands over to the next, 98 bytes. */
export interface Handover {
  readonly version: number;
  readonly suite: number;
  readonly ropeChainId: Uint8Array;
  readonly fromEpoch: bigint;
  readonly toEpoch: bigint;
  readonly nextSetHash: Uint8Array;
  readonly height: bigint;
  readonly timeMs: bigint;
}

export const handoverCodec: Codec<Handover> = struct<Handover>({
  version: u8,
  suite: suiteCodec,
  ropeChainId: b32,
  fromEpoch: u64,
  toEpoch: u64,
  nextSetHash: b32,
  height: u64,
  timeMs: u64,
});

export interface Signer {
  /** suite 1: Ethereum address as b32; suite 2: SM3 of the SM2 public key */
  readonly key: Uint8Array;
  readonly power: bigint;
}

export interface SignerSet {
  readonly ropeChainId: Uint8Array;
  readonly suite: number;
  readonly epoch: bigint;
  /** keys strictly ascending, powers > 0 */
  readonly signers: readonly Signer[];
}

export const signerSetCodec: Codec<SignerSet> = struct<SignerSet>({
  ropeChainId: b32,
  suite: suiteCodec,
  epoch: u64,
  signers: list(struct<Signer>({ key: b32, power: u64 }), 256, u16),
});

export function checkpointDigest(checkpoint: Checkpoint): Uint8Array {
  return digest(checkpoint.suite as Suite, "checkpoint", encode(checkpointCodec, checkpoint));
}

export function handoverDigest(handover: Handover): Uint8Array {
  return digest(handover.suite as Suite, "handover", encode(handoverCodec, handover));
}

export function signerSetHash(set: SignerSet): Uint8Array {
  return digest(set.suite as Suite, "signer-set", encode(signerSetCodec, set));
}

export function sortSigners(signers: readonly Signer[]): readonly Signer[] {
  return signers.toSorted((left, right) => compareBytes(left.key, right.key));
}

/** A validator's key for one suite: the suite-1 key is an Ethereum address, the suite-2 key a digest. */
export function bridgeKeyOf(suite: Suite, publicKeyOrAddress: Uint8Array): Uint8Array {
  return suite === SUITE_KECCAK ? accountToB32(publicKeyOrAddress) : sm3(publicKeyOrAddress);
}

/** Suite 1: 65 bytes r‖s‖v. Suite 2: 64 bytes r‖s. */
export function signDigest(
  suite: Suite,
  messageDigest: Uint8Array,
  secretKey: Uint8Array,
): Uint8Array {
  return suite === SUITE_KECCAK
    ? secp256k1.sign(messageDigest, secretKey)
    : sm2.sign(messageDigest, secretKey);
}
