import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { copyBytes, equalBytes, utf8ToBytes } from "../bytes.ts";
import { CryptoError, expectBytes, expectRecord, expectText } from "../crypto-error.ts";
import { expectPublicKey, expectSecretKey, getPublicKey } from "../sm2/keys.ts";
import { cbcDecrypt, cbcEncrypt } from "../sm4/cbc.ts";
import { context, type DerReader, der, derBits, derInteger, derOid, readDer, TAG } from "./der.ts";
import { OID } from "./oids.ts";

const KEY_ALGORITHM: Uint8Array = der(TAG.sequence, derOid(OID.ecPublicKey), derOid(OID.sm2));
const SALT_BYTES = 16;
// OWASP's advice for PBKDF2-HMAC-SHA256 (2023). A file that asks for more than the limit is refused: reading it
// would hold the thread for minutes.
const ITERATIONS = 600_000;
const MOST_ITERATIONS = 10_000_000;

/** 65 bytes → SubjectPublicKeyInfo. @throws {CryptoError} as `sm2.encrypt` for a bad key */
export function publicKeyToSpki(publicKey: Uint8Array): Uint8Array {
  expectPublicKey(publicKey, "publicKey");
  return der(TAG.sequence, KEY_ALGORITHM, derBits(publicKey));
}

/** Reads a SubjectPublicKeyInfo with an SM2 key on the curve. */
export function readSpki(reader: DerReader): Uint8Array {
  const inner = reader.inside();
  if (!equalBytes(inner.whole(TAG.sequence), KEY_ALGORITHM)) inner.refuse();
  const publicKey = copyBytes(inner.bits());
  inner.end();
  expectPublicKey(publicKey, "publicKey");
  return publicKey;
}

/** @throws {CryptoError} `crypto/bad-encoding`, `crypto/bad-length`, `crypto/bad-point` */
export function publicKeyFromSpki(encoded: Uint8Array): Uint8Array {
  expectBytes(encoded, "spki");
  return readDer(encoded, "spki", readSpki);
}

/** 32 bytes → PKCS#8 PrivateKeyInfo, the public key inside. Source: RFC 5208, RFC 5915. */
export function secretKeyToPkcs8(secretKey: Uint8Array): Uint8Array {
  expectSecretKey(secretKey);
  const ecPrivateKey = der(
    TAG.sequence,
    derInteger(Uint8Array.of(1)),
    der(TAG.octetString, secretKey),
    der(context(1), derBits(getPublicKey(secretKey))),
  );
  return der(
    TAG.sequence,
    derInteger(Uint8Array.of(0)),
    KEY_ALGORITHM,
    der(TAG.octetString, ecPrivateKey),
  );
}

function readEcPrivateKey(reader: DerReader): Uint8Array {
  const inner = reader.inside();
  if (inner.smallInteger() !== 1) inner.refuse();
  const secretKey = copyBytes(inner.contents(TAG.octetString));
  if (inner.tag === context(0)) {
    const parameters = inner.inside(context(0));
    parameters.expectOid(OID.sm2);
    parameters.end();
  }
  expectSecretKey(secretKey);
  if (inner.tag === context(1)) {
    const wrapped = inner.inside(context(1));
    // A file whose two keys do not fit each other was tampered with, or is about to sign for somebody else.
    if (!equalBytes(wrapped.bits(), getPublicKey(secretKey))) inner.refuse();
    wrapped.end();
  }
  inner.end();
  return secretKey;
}

/** @throws {CryptoError} `crypto/bad-encoding`, `crypto/bad-length`, `crypto/bad-range` */
export function secretKeyFromPkcs8(encoded: Uint8Array): Uint8Array {
  expectBytes(encoded, "pkcs8");
  return readDer(encoded, "pkcs8", (reader) => {
    const inner = reader.inside();
    if (inner.smallInteger() !== 0) inner.refuse();
    if (!equalBytes(inner.whole(TAG.sequence), KEY_ALGORITHM)) inner.refuse();
    const key = readDer(inner.contents(TAG.octetString), "pkcs8", readEcPrivateKey);
    // Attributes carry nothing that is used here, but OpenSSL may write them.
    if (inner.tag === context(0)) inner.contents(context(0));
    inner.end();
    return key;
  });
}

export interface Pkcs8EncryptionOptions {
  /** rounds of PBKDF2-HMAC-SHA256; default 600,000 */
  readonly iterations?: number;
}

function derived(password: string, salt: Uint8Array, iterations: number): Uint8Array {
  return pbkdf2(sha256, utf8ToBytes(password), salt, { c: iterations, dkLen: 16 });
}

/** Big-endian, shortest. */
function integerBytes(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/**
 * PKCS#8 EncryptedPrivateKeyInfo: PBES2 with PBKDF2-HMAC-SHA256 and SM4-CBC, as `openssl pkcs8 -v2 sm4-cbc` does.
 * It hides the key but does not authenticate; the key store does. Source: RFC 8018.
 * @throws {CryptoError} `crypto/bad-range` for the iterations
 */
export function encryptPkcs8(
  secretKey: Uint8Array,
  password: string,
  options: Pkcs8EncryptionOptions = {},
): Uint8Array {
  expectSecretKey(secretKey);
  expectText(password, "password");
  expectRecord(options, "options");
  const iterations = options.iterations ?? ITERATIONS;
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > MOST_ITERATIONS) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "iterations" });
  }
  const plain = secretKeyToPkcs8(secretKey);
  const salt = globalThis.crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const iv = globalThis.crypto.getRandomValues(new Uint8Array(16));
  const key = derived(password, salt, iterations);
  const encrypted = cbcEncrypt(key, iv, plain);
  key.fill(0);
  plain.fill(0);
  const kdf = der(
    TAG.sequence,
    derOid(OID.pbkdf2),
    der(
      TAG.sequence,
      der(TAG.octetString, salt),
      derInteger(integerBytes(iterations)),
      der(TAG.sequence, derOid(OID.hmacWithSha256), der(TAG.null)),
    ),
  );
  const cipher = der(TAG.sequence, derOid(OID.sm4Cbc), der(TAG.octetString, iv));
  return der(
    TAG.sequence,
    der(TAG.sequence, derOid(OID.pbes2), der(TAG.sequence, kdf, cipher)),
    der(TAG.octetString, encrypted),
  );
}

interface Pbes2 {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly iv: Uint8Array;
}

function readPbes2(reader: DerReader): Pbes2 {
  const algorithm = reader.inside();
  algorithm.expectOid(OID.pbes2);
  const both = algorithm.inside();
  algorithm.end();
  const kdf = both.inside();
  kdf.expectOid(OID.pbkdf2);
  const parameters = kdf.inside();
  kdf.end();
  const salt = parameters.contents(TAG.octetString);
  const iterations = parameters.smallInteger();
  if (parameters.tag === TAG.integer && parameters.smallInteger() !== 16) parameters.refuse();
  const prf = parameters.inside();
  parameters.end();
  prf.expectOid(OID.hmacWithSha256);
  if (!prf.atEnd) prf.null();
  prf.end();
  const cipher = both.inside();
  both.end();
  cipher.expectOid(OID.sm4Cbc);
  const iv = cipher.contents(TAG.octetString);
  cipher.end();
  if (iv.length !== 16 || iterations < 1 || iterations > MOST_ITERATIONS) reader.refuse();
  return { salt, iterations, iv };
}

/**
 * The secret key of what `encryptPkcs8` or OpenSSL made.
 * @throws {CryptoError} `crypto/authentication-failed` for a wrong password or a damaged key;
 * `crypto/bad-encoding` for other algorithms and for what is no such structure
 */
export function decryptPkcs8(encoded: Uint8Array, password: string): Uint8Array {
  expectBytes(encoded, "pkcs8");
  expectText(password, "password");
  const [{ salt, iterations, iv }, encrypted] = readDer(encoded, "pkcs8", (reader) => {
    const inner = reader.inside();
    const both = [readPbes2(inner), inner.contents(TAG.octetString)] as const;
    inner.end();
    return both;
  });
  const key = derived(password, salt, iterations);
  const plain = cbcDecrypt(key, iv, encrypted);
  key.fill(0);
  if (plain === undefined) throw new CryptoError({ code: "crypto/authentication-failed" });
  try {
    return secretKeyFromPkcs8(plain);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new CryptoError({ code: "crypto/authentication-failed" }, { cause });
  } finally {
    plain.fill(0);
  }
}
