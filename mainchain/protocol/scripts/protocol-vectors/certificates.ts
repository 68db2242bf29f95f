import { equalBytes, secp256k1, sm2 } from "@ropenet/crypto";
import {
  bridgeKeyOf,
  type Checkpoint,
  checkpointCodec,
  checkpointDigest,
  encode,
  type Handover,
  handoverCodec,
  handoverDigest,
  type SignerSet,
  SUITE_KECCAK,
  type Suite,
  signDigest,
  signerSetCodec,
  signerSetHash,
  sortSigners,
} from "../../src/index.ts";
import type { OutboxesVector } from "./outbox.ts";
import { fromHex } from "./plain.ts";
import { chainId, keccakKeys, named, smKeys, type TestKey, timeMs } from "./story.ts";

export interface SignerVector extends TestKey {
  /** as it stands in the signer set */
  readonly key: Uint8Array;
  readonly power: bigint;
}

interface SignatureVector {
  readonly key: Uint8Array;
  readonly verifier: Uint8Array;
  readonly signature: Uint8Array;
}

export interface CertificateVectors {
  readonly signers: readonly SignerVector[];
  readonly signerSets: readonly object[];
  readonly checkpoints: readonly object[];
  readonly handovers: readonly object[];
}

/** Whether `signature` over `digest` is that of the key behind `verifier`. */
export function isSignedBy(
  suite: Suite,
  digest: Uint8Array,
  signature: Uint8Array,
  verifier: Uint8Array,
): boolean {
  if (suite !== SUITE_KECCAK) return sm2.verify(signature, digest, verifier);
  const signer = secp256k1.recoverAddress(digest, signature);
  return signer !== undefined && equalBytes(signer, verifier);
}

/** SM2 signing is hedged: the committed signature stays as long as it is good for the digest. */
export type CommittedSignatures = ReadonlyMap<string, string>;

export const signatureName = (digestHex: string, verifierHex: string): string =>
  `${digestHex} ${verifierHex}`;

interface Signing {
  readonly suite: Suite;
  readonly signers: readonly SignerVector[];
  readonly committed: (digest: Uint8Array, verifier: Uint8Array) => string | undefined;
}

function signatures({ suite, signers, committed }: Signing, digest: Uint8Array): SignatureVector[] {
  return signers.map(({ key, verifier, testSecretKey }) => {
    const kept = committed(digest, verifier);
    const isGood = kept !== undefined && isSignedBy(suite, digest, fromHex(kept), verifier);
    const signature = isGood ? fromHex(kept) : signDigest(suite, digest, testSecretKey);
    return { key, verifier, signature };
  });
}

/** Powers so uneven that counting heads and counting power differ: the first two of five hold > 2/3. */
const POWERS = [50n, 30n, 15n, 4n, 1n];

function signerVectors(suite: Suite): readonly SignerVector[] {
  const keys = suite === SUITE_KECCAK ? keccakKeys : smKeys;
  const signers = keys.map((pair, index) => ({
    ...pair,
    key: bridgeKeyOf(suite, pair.verifier),
    power: POWERS[index] ?? 1n,
  }));
  return sortSigners(signers) as readonly SignerVector[];
}

function signerSet(suite: Suite, epoch: bigint, signers: readonly SignerVector[]): SignerSet {
  const pairs = signers.map(({ key, power }) => ({ key, power }));
  return { ropeChainId: chainId, suite, epoch, signers: pairs };
}

export function certificateVectors(
  suite: Suite,
  outboxes: readonly OutboxesVector[],
  committed: Signing["committed"],
): CertificateVectors {
  const signers = signerVectors(suite);
  const signing: Signing = { suite, signers, committed };
  const first = signerSet(suite, 1n, signers);
  const second = signerSet(suite, 2n, signers.slice(0, 4));
  const largest = { ...first, epoch: 2n ** 64n - 1n };

  const checkpoints = outboxes.map(
    (vector, index): Checkpoint => ({
      version: 1,
      suite,
      ropeChainId: chainId,
      epoch: 1n,
      height: BigInt(100 + index),
      timeMs: timeMs + BigInt(index) * 1_000n,
      outboxesRoot: vector.root,
      stateRoot: named(`state root ${index}`),
    }),
  );
  const handover: Handover = {
    version: 1,
    suite,
    ropeChainId: chainId,
    fromEpoch: 1n,
    toEpoch: 2n,
    nextSetHash: signerSetHash(second),
    height: 200n,
    timeMs: timeMs + 100_000n,
  };
  return {
    signers,
    signerSets: [first, second, largest].map((set) => ({
      ...set,
      encoded: encode(signerSetCodec, set),
      hash: signerSetHash(set),
    })),
    checkpoints: checkpoints.map((checkpoint) => {
      const digest = checkpointDigest(checkpoint);
      const encoded = encode(checkpointCodec, checkpoint);
      return { checkpoint, encoded, digest, signatures: signatures(signing, digest) };
    }),
    handovers: [handover].map((record) => {
      const digest = handoverDigest(record);
      const encoded = encode(handoverCodec, record);
      return { handover: record, encoded, digest, signatures: signatures(signing, digest) };
    }),
  };
}
