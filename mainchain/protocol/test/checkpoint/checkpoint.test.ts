import { bytesToHex, secp256k1, sm2 } from "@ropenet/crypto";
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
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
  signDigest,
  signerSetCodec,
  signerSetHash,
  sortSigners,
} from "../../src/index.ts";
import { b32, list, u8, u64 } from "../arbitraries.ts";
import { expectCanonical } from "../canonical.ts";
import { codeOf } from "../coded.ts";

const suite = fc.constantFrom(1, 2);
const checkpoint: Arbitrary<Checkpoint> = fc.record({
  version: u8,
  suite,
  ropeChainId: b32,
  epoch: u64,
  height: u64,
  timeMs: u64,
  outboxesRoot: b32,
  stateRoot: b32,
});
const handover: Arbitrary<Handover> = fc.record({
  version: u8,
  suite,
  ropeChainId: b32,
  fromEpoch: u64,
  toEpoch: u64,
  nextSetHash: b32,
  height: u64,
  timeMs: u64,
});
const signerSet: Arbitrary<SignerSet> = fc.record({
  ropeChainId: b32,
  suite,
  epoch: u64,
  signers: list(fc.record({ key: b32, power: u64 }), 6),
});

describe("checkpoints, handovers and signer sets", () => {
  test("have one encoding each", () => {
    expectCanonical(checkpointCodec, checkpoint);
    expectCanonical(handoverCodec, handover);
    expectCanonical(signerSetCodec, signerSet);
  });

  test("are 122 and 98 bytes long", () => {
    fc.assert(
      fc.property(checkpoint, handover, (one, other) => {
        expect(encode(checkpointCodec, one).length).toBe(122);
        expect(encode(handoverCodec, other).length).toBe(98);
      }),
      { numRuns: 5 },
    );
  });

  test("have a digest of their own for every value", () => {
    fc.assert(
      fc.property(checkpoint, checkpoint, handover, (one, other, third) => {
        const digests = [checkpointDigest(one), checkpointDigest(other), handoverDigest(third)];
        const same =
          bytesToHex(encode(checkpointCodec, one)) === bytesToHex(encode(checkpointCodec, other));
        expect(new Set(digests.map(bytesToHex)).size).toBe(same ? 2 : 3);
      }),
    );
  });

  test("know no third suite", () => {
    const [one] = fc.sample(checkpoint, { seed: 7, numRuns: 1 });
    const [set] = fc.sample(signerSet, { seed: 7, numRuns: 1 });
    for (const unknown of [0, 3]) {
      expect(codeOf(() => checkpointDigest({ ...one, suite: unknown } as Checkpoint))).toBe(
        "codec/bad-tag",
      );
      expect(codeOf(() => signerSetHash({ ...set, suite: unknown } as SignerSet))).toBe(
        "codec/bad-tag",
      );
    }
  });

  test("hash a signer set by its order, which sorting makes one", () => {
    const signers = [3, 1, 2].map((byte) => ({ key: new Uint8Array(32).fill(byte), power: 1n }));
    const set = { ropeChainId: new Uint8Array(32), suite: 1, epoch: 1n };
    const sorted = signerSetHash({ ...set, signers: sortSigners(signers) });
    expect(signerSetHash({ ...set, signers: sortSigners(signers.toReversed()) })).toEqual(sorted);
    expect(signerSetHash({ ...set, signers })).not.toEqual(sorted);
  });

  test("are signed by the key of their suite", () => {
    const secretKey = new Uint8Array(32).fill(7);
    const digest = new Uint8Array(32).fill(8);
    const ethereumAddress = secp256k1.getAddress(secretKey);
    const publicKey = sm2.getPublicKey(secretKey);
    const first = signDigest(1, digest, secretKey);
    expect(first.length).toBe(65);
    expect(secp256k1.recoverAddress(digest, first)).toEqual(ethereumAddress);
    const second = signDigest(2, digest, secretKey);
    expect(second.length).toBe(64);
    expect(sm2.verify(second, digest, publicKey)).toBe(true);
    expect(bridgeKeyOf(1, ethereumAddress).slice(12)).toEqual(ethereumAddress);
    expect(bridgeKeyOf(2, publicKey).length).toBe(32);
  });
});
