import { compareBytes, keccak256, secp256k1 } from "@ropenet/crypto";
import { describe, expect, test } from "vitest";
import {
  type AttestationSignature,
  type AttestedHeader,
  type AttestorSet,
  attestationDigest,
  verifyAttestations,
} from "../../../src/index.ts";
import { codeOf } from "../../coded.ts";
import { word } from "./trie-fixture.ts";

const keys = Array.from({ length: 6 }, (_, index) => keccak256(Uint8Array.of(index, 1)));
const keyAt = (index: number): Uint8Array => keys[index] ?? word(1n);
const genesisHash = keccak256(Uint8Array.of(9));
const set: AttestorSet = {
  genesisHash,
  attestors: keys.map((key) => secp256k1.getAddress(key)),
  threshold: 5,
};
const header: AttestedHeader = {
  height: 77n,
  headerHash: keccak256(Uint8Array.of(1)),
  stateRoot: keccak256(Uint8Array.of(2)),
  timeMs: 1_700_000_000_000n,
};

function sign(
  index: number,
  signed: AttestedHeader = header,
  chain = genesisHash,
): AttestationSignature {
  const message = attestationDigest({ clientChainId: chain, ...signed });
  return { index, signature: secp256k1.sign(message, keyAt(index)) };
}

const five = [0, 1, 2, 3, 5].map((index) => sign(index));
const attempt = (signatures: readonly AttestationSignature[], over: Partial<AttestorSet> = {}) =>
  codeOf(() => verifyAttestations({ ...set, ...over }, header, signatures));

describe("verifyAttestations", () => {
  test("accepts the threshold, and everyone", () => {
    verifyAttestations(set, header, five);
    verifyAttestations(
      set,
      header,
      keys.map((_, index) => sign(index)),
    );
  });

  test("refuses one signature less than the threshold", () => {
    expect(attempt(five.slice(1))).toBe("client/too-few-attestations");
    expect(attempt([])).toBe("client/too-few-attestations");
  });

  test("refuses a repeated or an unsorted attestor", () => {
    expect(attempt([sign(0), sign(0), sign(1), sign(2), sign(3)])).toBe(
      "client/unordered-attestations",
    );
    expect(attempt(five.toReversed())).toBe("client/unordered-attestations");
  });

  test("refuses an attestor outside the list", () => {
    expect(attempt([...five, sign(6)])).toBe("client/unknown-attestor");
    expect(attempt([sign(0.5), ...five.slice(1)])).toBe("client/unknown-attestor");
  });

  test("refuses a signature of another attestor, of a stranger, or over other fields", () => {
    const at = (wrong: AttestationSignature) => [wrong, ...five.slice(1)];
    const signed = sign(0).signature;
    expect(attempt(at({ index: 0, signature: sign(1).signature }))).toBe("client/bad-attestation");
    for (const [field, value] of [
      ["height", 78n],
      ["headerHash", word(3n)],
      ["stateRoot", word(3n)],
      ["timeMs", 1n],
    ] as const) {
      expect(attempt(at(sign(0, { ...header, [field]: value })))).toBe("client/bad-attestation");
    }
    expect(attempt(at(sign(0, header, word(4n))))).toBe("client/bad-attestation");
    for (let byte = 0; byte < signed.length; byte += 8) {
      const flipped = signed.slice();
      flipped[byte] = (flipped[byte] ?? 0) ^ 1;
      expect(attempt(at({ index: 0, signature: flipped }))).toBe("client/bad-attestation");
    }
    expect(attempt(at({ index: 0, signature: signed.slice(0, 64) }))).toBe(
      "client/bad-attestation",
    );
  });

  test("refuses a bad signature beyond the threshold too", () => {
    const all = keys.map((_, index) => sign(index));
    const last = { index: 5, signature: sign(4).signature };
    expect(attempt([...all.slice(0, 5), last])).toBe("client/bad-attestation");
  });

  test("refuses a set that is too small, repeated, zero, or with a threshold of two thirds or less", () => {
    const [first = word(0n)] = set.attestors;
    const bad = "client/bad-attestor-set";
    expect(attempt(five, { threshold: 4 })).toBe(bad);
    expect(attempt(five, { threshold: 0 })).toBe(bad);
    expect(attempt(five, { threshold: 7 })).toBe(bad);
    expect(attempt(five, { threshold: 4.5 })).toBe(bad);
    expect(attempt(five, { attestors: set.attestors.slice(0, 3), threshold: 3 })).toBe(bad);
    expect(attempt(five, { attestors: [first, ...set.attestors.slice(0, 5)] })).toBe(bad);
    expect(attempt(five, { attestors: [new Uint8Array(20), ...set.attestors.slice(1)] })).toBe(bad);
    expect(attempt(five, { attestors: [word(1n), ...set.attestors.slice(1)] })).toBe(bad);
  });

  test("does not depend on the order of the attestors in the chain record", () => {
    const attestors = set.attestors.toSorted(compareBytes);
    const signatures = attestors.map((address, index) => {
      const holder = set.attestors.indexOf(address);
      return { index, signature: sign(holder).signature };
    });
    verifyAttestations({ ...set, attestors }, header, signatures);
  });
});
