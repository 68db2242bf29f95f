import { createPrivateKey, createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import smCrypto from "sm-crypto";
import * as smCryptoV2 from "sm-crypto-v2";
import { describe, expect, test } from "vitest";
import { bigintToBytes, bytesToBigint, bytesToHex, concatBytes, sm2 } from "../../src/index.ts";
import { N, P, Point } from "../../src/sm2/curve.ts";
import { identityDigest, messageDigest } from "../../src/sm2/identity.ts";
import { codeOf } from "../coded.ts";
import { modN, nobleSignDigest } from "../noble-sm2.ts";
import { fromDer, opensslSign, opensslVerify } from "../openssl-sm2.ts";
import { hex, vectors } from "../vectors.ts";

/** Each title names a fault that a library in use has or had, and what holds here instead. */

const bytes32 = (value: bigint): Uint8Array => bigintToBytes(value, 32);
const pair = (r: bigint, s: bigint): Uint8Array => concatBytes(bytes32(r), bytes32(s));
const message = Uint8Array.of(1, 2, 3);

/** The first secret key from 1 up whose public key has this property. */
function keyWith(property: (publicKey: Uint8Array) => boolean): {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
} {
  for (let d = 1n; ; d += 1n) {
    const secretKey = bytes32(d);
    const publicKey = sm2.getPublicKey(secretKey);
    if (property(publicKey)) return { secretKey, publicKey };
  }
}

describe("signatures", () => {
  const secretKey = hex(vectors.sm2Sign.d);
  const publicKey = sm2.getPublicKey(secretKey);
  const d = bytesToBigint(secretKey);

  test("sm-crypto throws and sm-crypto-v2 accepts where R is infinite: here it is invalid", () => {
    // e is fixed by the message, so take r = e (that is: x = 0), t free, s = −t·d with t = r + s.
    const e = bytesToBigint(messageDigest(message, publicKey)) % N;
    const s = modN(-e * d * Point.Fn.inv(1n + d));
    const signature = pair(e, s);
    expect(modN(s + (e + s) * d)).toBe(0n);
    expect(sm2.verify(signature, message, publicKey)).toBe(false);
    const [text, key] = [bytesToHex(signature), bytesToHex(publicKey)];
    expect(smCryptoV2.sm2.doVerifySignature(message, text, key, { hash: true })).toBe(true);
  });

  test("r = s = 0 signs everything where zero is not refused (CVE-2022-21449)", () => {
    expect(sm2.verify(new Uint8Array(64), message, publicKey)).toBe(false);
    expect(sm2.verify(pair(0n, 1n), message, publicKey)).toBe(false);
    expect(sm2.verify(pair(1n, 0n), message, publicKey)).toBe(false);
    expect(sm2.verify(pair(N, N), message, publicKey)).toBe(false);
  });

  test("r + s = n leaves the key out of the equation: t = 0 is refused", () => {
    // R = s·G whatever the key: anyone could sign for anyone.
    const e = bytesToBigint(messageDigest(message, publicKey));
    for (let s = 1n; s < 20n; s += 1n) {
      const x = bytesToBigint(sm2.getPublicKey(bytes32(s)).subarray(1, 33));
      expect(sm2.verify(pair(modN(e + x), s), message, publicKey)).toBe(false);
      expect(sm2.verify(pair(N - s, s), message, publicKey)).toBe(false);
    }
  });

  test("s above n is a second spelling of a signature (elliptic, CVE-2024-48949)", () => {
    const digest = messageDigest(message, publicKey);
    const { r, s } = nobleSignDigest(digest, d, 5n);
    expect(sm2.verify(pair(r, s), message, publicKey)).toBe(true);
    for (const small of [1n, 2n, 1n << 200n]) {
      expect(N + small < 1n << 256n).toBe(true);
      expect(sm2.verify(pair(r, N + small), message, publicKey)).toBe(false);
      expect(sm2.verify(pair(N + small, s), message, publicKey)).toBe(false);
    }
    expect(sm2.verify(pair((1n << 256n) - 1n, 1n), message, publicKey)).toBe(false);
  });

  test("a digest with leading zeros loses them where it passes through an integer (elliptic, CVE-2024-48948)", () => {
    for (let nonce = 0; ; nonce += 1) {
      const text = Uint8Array.of(nonce >> 8, nonce & 0xff);
      if (messageDigest(text, publicKey)[0] !== 0) continue;
      const signature = sm2.sign(text, secretKey);
      expect(sm2.verify(signature, text, publicKey)).toBe(true);
      const signed = concatBytes(identityDigest(publicKey), text);
      expect(opensslVerify(signature, signed, publicKey)).toBe(true);
      break;
    }
  });

  test.each([
    ["x", 1],
    ["y", 33],
  ])("a key whose %s begins with zeros shortens Z where integers are hashed unpadded", (_, at) => {
    const { secretKey: secret, publicKey: key } = keyWith((each) => each[at] === 0);
    const signed = concatBytes(identityDigest(key), message);
    expect(opensslVerify(sm2.sign(message, secret), signed, key)).toBe(true);
    expect(sm2.verify(opensslSign(signed, secret, key), message, key)).toBe(true);
    const options = { hash: true };
    const [words, signature] = [Array.from(message), bytesToHex(sm2.sign(message, secret))];
    expect(smCrypto.sm2.doVerifySignature(words, signature, bytesToHex(key), options)).toBe(true);
  });

  test("r or s that begins with zeros is cut short where hex is not padded", () => {
    for (let round = 0, seen = 0; seen < 2; round += 1) {
      const text = Uint8Array.of(round & 0xff, round >> 8);
      const signature = sm2.sign(text, secretKey, { extraEntropy: false, publicKey });
      if (signature[0] !== 0 && signature[32] !== 0) continue;
      seen += 1;
      expect(signature.length).toBe(64);
      expect(sm2.verify(signature, text, publicKey)).toBe(true);
    }
  });

  test("sm-crypto signs for ever with d = n − 1: here that is no secret key", () => {
    expect(codeOf(() => sm2.sign(message, bytes32(N - 1n)))).toBe("crypto/bad-range");
    expect(codeOf(() => sm2.getPublicKey(bytes32(N - 1n)))).toBe("crypto/bad-range");
  });

  test("keys that Node generates sign plain ECDSA: exported and imported they sign SM2", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "SM2" });
    const der = privateKey.export({ format: "der", type: "pkcs8" });
    const imported = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    // The last 65 bytes are the public key.
    const key = new Uint8Array(der.subarray(der.length - 65));
    const signed = concatBytes(identityDigest(key), message);
    const holds = (signer: KeyObject): boolean =>
      sm2.verify(fromDer(createSign("sm3").update(signed).sign(signer)), message, key);
    expect(holds(imported)).toBe(true);
    expect(holds(privateKey)).toBe(false);
  });

  test("one nonce for two digests gives the key away: deterministic nonces differ, hedged ones too", () => {
    const quiet = { extraEntropy: false } as const;
    const nonceOf = (signature: Uint8Array): bigint => {
      const r = bytesToBigint(signature.subarray(0, 32));
      const s = bytesToBigint(signature.subarray(32));
      return modN(s + (r + s) * d);
    };
    const nonces = Array.from({ length: 64 }, (_, index) =>
      nonceOf(sm2.sign(Uint8Array.of(index), secretKey, quiet)),
    );
    expect(new Set(nonces).size).toBe(64);
    const hedged = Array.from({ length: 64 }, () => nonceOf(sm2.sign(message, secretKey)));
    expect(new Set(hedged).size).toBe(64);
  });
});

describe("keys", () => {
  test("a point off the curve leaks the secret key (invalid-curve attack): nothing multiplies it", () => {
    const secretKey = sm2.randomSecretKey();
    const good = sm2.getPublicKey(secretKey);
    const off = good.map((byte, index) => (index === 64 ? byte ^ 1 : byte));
    const ciphertext = sm2.encrypt(message, good);
    expect(codeOf(() => sm2.decrypt(concatBytes(off, ciphertext.subarray(65)), secretKey))).toBe(
      "crypto/authentication-failed",
    );
    const agreement = {
      role: "initiator",
      secretKey,
      ephemeralSecretKey: sm2.randomSecretKey(),
      peerPublicKey: good,
      peerEphemeralPublicKey: good,
      keyBytes: 16,
    } as const;
    expect(codeOf(() => sm2.keyAgreement({ ...agreement, peerPublicKey: off }))).toBe(
      "crypto/bad-point",
    );
    expect(codeOf(() => sm2.keyAgreement({ ...agreement, peerEphemeralPublicKey: off }))).toBe(
      "crypto/bad-point",
    );
  });

  test("a coordinate above p, a compressed, a hybrid and an infinite key are no spellings of a key", () => {
    const publicKey = sm2.getPublicKey(sm2.randomSecretKey());
    const y = publicKey.subarray(33);
    // A second spelling needs x < 2^256 − p, rare: verify.test.ts makes such a point.
    const twin = concatBytes(Uint8Array.of(4), bytes32(P), y);
    for (const bad of [
      twin,
      concatBytes(Uint8Array.of(6 + ((y[31] as number) & 1)), publicKey.subarray(1)),
      concatBytes(Uint8Array.of(2 + ((y[31] as number) & 1)), publicKey.subarray(1, 33)),
      new Uint8Array(1),
      new Uint8Array(65),
    ]) {
      expect(sm2.isValidPublicKey(bad)).toBe(false);
    }
  });
});

describe("encryption", () => {
  const secretKey = sm2.randomSecretKey();
  const publicKey = sm2.getPublicKey(secretKey);

  test("a coordinate of C1 with leading zeros made buffers too small (OpenSSL, CVE-2021-3711)", () => {
    let seen = 0;
    for (let round = 0; seen < 2 && round < 5000; round += 1) {
      const ciphertext = sm2.encrypt(message, publicKey);
      if (ciphertext[1] !== 0 && ciphertext[33] !== 0) continue;
      seen += 1;
      expect(ciphertext.length).toBe(97 + message.length);
      expect(sm2.decrypt(ciphertext, secretKey)).toEqual(message);
      const theirs = smCrypto.sm2.doDecrypt(
        bytesToHex(ciphertext).slice(2),
        bytesToHex(secretKey),
        1,
        { output: "array" },
      );
      expect(Uint8Array.from(theirs as unknown as number[])).toEqual(message);
    }
    expect(seen).toBe(2);
  });

  test("a mask of zeros sends short plaintexts in the clear: another nonce is taken", () => {
    // One byte: one nonce in 256 would leave it as it is.
    const plaintext = Uint8Array.of(0x5a);
    for (let round = 0; round < 1500; round += 1) {
      expect(sm2.encrypt(plaintext, publicKey)[97]).not.toBe(0x5a);
    }
  });

  test("a ciphertext without C2 is refused, not decrypted to nothing", () => {
    const ciphertext = sm2.encrypt(message, publicKey).subarray(0, 97);
    expect(codeOf(() => sm2.decrypt(ciphertext, secretKey))).toBe("crypto/authentication-failed");
  });

  test("sm-crypto answers a forged ciphertext with an empty text: here it is an error", () => {
    const ciphertext = sm2.encrypt(message, publicKey);
    ciphertext[70] = (ciphertext[70] as number) ^ 1;
    expect(codeOf(() => sm2.decrypt(ciphertext, secretKey))).toBe("crypto/authentication-failed");
  });
});
