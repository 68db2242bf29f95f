import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bigintToBytes,
  bytesToBigint,
  bytesToHex,
  concatBytes,
  ed25519,
  keccak256,
  secp256k1,
  sha256,
  utf8ToBytes,
} from "../src/index.ts";
import { codeOf } from "./coded.ts";
import { hex } from "./vectors.ts";

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe("digests", () => {
  test("keccak256 has the original padding, not SHA-3's", () => {
    expect(bytesToHex(keccak256(new Uint8Array(0)))).toBe(
      "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    );
    expect(bytesToHex(keccak256(utf8ToBytes("abc")))).toBe(
      "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
    );
  });

  test("sha256 agrees with OpenSSL", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(sha256(bytes)).toEqual(new Uint8Array(createHash("sha256").update(bytes).digest()));
      }),
    );
  });
});

describe("secp256k1", () => {
  const secretKey = hex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
  const address = hex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266");
  const digest = keccak256(utf8ToBytes("rope"));

  test("gives the address that every Ethereum development chain has for its first key", () => {
    expect(secp256k1.getAddress(secretKey)).toEqual(address);
  });

  test("recovers the signer of any digest, with v of 27 or 28", () => {
    const seen = new Set<number | undefined>();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (any) => {
        const key = secp256k1.randomSecretKey();
        const signature = secp256k1.sign(any, key);
        seen.add(signature[64]);
        expect(secp256k1.recoverAddress(any, signature)).toEqual(secp256k1.getAddress(key));
      }),
      { numRuns: 40 },
    );
    expect([...seen].sort()).toEqual([27, 28]);
  });

  test("recovers digests above the group order as ecrecover does, reduced", () => {
    const big = new Uint8Array(32).fill(0xff);
    expect(secp256k1.recoverAddress(big, secp256k1.sign(big, secretKey))).toEqual(address);
    const reduced = bigintToBytes(bytesToBigint(big) - N, 32);
    expect(secp256k1.recoverAddress(reduced, secp256k1.sign(big, secretKey))).toEqual(address);
  });

  test("gives nothing for high s, other v, r or s out of range, r off the curve, other lengths", () => {
    const signature = secp256k1.sign(digest, secretKey);
    const r = signature.subarray(0, 32);
    const s = signature.subarray(32, 64);
    const v = signature.subarray(64);
    const [zero, n] = [new Uint8Array(32), bigintToBytes(N, 32)];
    const highS = bigintToBytes(N - bytesToBigint(s), 32);
    const otherV = Uint8Array.of(55 - (v[0] ?? 0));
    const bad = [
      concatBytes(r, highS, otherV),
      concatBytes(r, s, Uint8Array.of(0)),
      concatBytes(r, s, Uint8Array.of(29)),
      concatBytes(zero, s, v),
      concatBytes(r, zero, v),
      concatBytes(n, s, v),
      concatBytes(r, n, v),
      concatBytes(bigintToBytes(5n, 32), s, v),
      signature.subarray(0, 64),
      concatBytes(signature, v),
    ];
    for (const each of bad) expect(secp256k1.recoverAddress(digest, each)).toBeUndefined();
    expect(secp256k1.recoverAddress(digest, concatBytes(r, s, otherV))).not.toEqual(address);
  });

  test("gives nothing where the recovered key is at infinity", () => {
    // R = G and s = e make s·R − e·G vanish.
    const gx = hex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    const e = bigintToBytes(1234n, 32);
    expect(secp256k1.recoverAddress(e, concatBytes(gx, e, Uint8Array.of(27)))).toBeUndefined();
  });

  test("refuses bad keys and digests as the caller's fault", () => {
    expect(codeOf(() => secp256k1.recoverAddress(digest.subarray(1), new Uint8Array(65)))).toBe(
      "crypto/bad-length",
    );
    expect(codeOf(() => secp256k1.getAddress(new Uint8Array(32)))).toBe("crypto/bad-range");
    expect(codeOf(() => secp256k1.sign(digest, bigintToBytes(N, 32)))).toBe("crypto/bad-range");
    expect(codeOf(() => secp256k1.sign(digest.subarray(1), secretKey))).toBe("crypto/bad-length");
  });
});

describe("ed25519", () => {
  const rawKey = (): { readonly raw: Uint8Array; readonly sign: (m: Uint8Array) => Uint8Array } => {
    const pair = generateKeyPairSync("ed25519");
    const raw = new Uint8Array(pair.publicKey.export({ format: "der", type: "spki" })).slice(12);
    return { raw, sign: (message) => new Uint8Array(sign(null, message, pair.privateKey)) };
  };

  test("takes OpenSSL's signatures and refuses them with any bit changed", () => {
    const key = rawKey();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(511), (message, bit) => {
        const signature = key.sign(message);
        expect(ed25519.verify(signature, message, key.raw)).toBe(true);
        signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(ed25519.verify(signature, message, key.raw)).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  test("refuses s above the group order, which OpenSSL refuses too", () => {
    const L = (1n << 252n) + 27742317777372353535851937790883648493n;
    const key = rawKey();
    const message = utf8ToBytes("m");
    const signature = key.sign(message);
    const s = bytesToBigint(signature.slice(32).reverse()) + L;
    const forged = concatBytes(signature.subarray(0, 32), bigintToBytes(s, 32).reverse());
    expect(ed25519.verify(forged, message, key.raw)).toBe(false);
    const spki = concatBytes(hex("302a300506032b6570032100"), key.raw);
    const imported = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
    expect(verify(null, message, imported, forged)).toBe(false);
  });

  test("follows ZIP-215: a small-order key with R and s of zero signs everything", () => {
    const identity = concatBytes(Uint8Array.of(1), new Uint8Array(31));
    const signature = concatBytes(identity, new Uint8Array(32));
    expect(ed25519.verify(signature, utf8ToBytes("anything"), identity)).toBe(true);
  });

  test("refuses other lengths as the caller's fault and undecodable keys as false", () => {
    const message = new Uint8Array(1);
    expect(codeOf(() => ed25519.verify(new Uint8Array(63), message, new Uint8Array(32)))).toBe(
      "crypto/bad-length",
    );
    const undecodable = concatBytes(Uint8Array.of(2), new Uint8Array(31));
    expect(ed25519.verify(new Uint8Array(64), message, undecodable)).toBe(false);
  });
});
