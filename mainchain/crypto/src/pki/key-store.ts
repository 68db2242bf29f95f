import { scrypt } from "@noble/hashes/scrypt.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "../bytes.ts";
import { CryptoError, expectRecord, expectText } from "../crypto-error.ts";
import { expectSecretKey, getPublicKey } from "../sm2/keys.ts";
import { sm4Gcm } from "../sm4/gcm.ts";

/** The text of a key store file: one secret key under a password, authenticated. */
export interface KeyStoreOptions {
  /** scrypt's N as a power of two, 10 to 20; default 15: 32 MB and about a tenth of a second */
  readonly cost?: number;
}

interface KeyStoreFile {
  readonly version: 1;
  /** 65 bytes */
  readonly publicKey: string;
  readonly kdf: { readonly name: "scrypt"; readonly cost: number; readonly salt: string };
  readonly cipher: { readonly name: "sm4-gcm"; readonly nonce: string; readonly sealed: string };
}

const DEFAULT_COST = 15;
const LEAST_COST = 10;
const LARGEST_COST = 20;

const refuse = (operand = "keyStore"): never => {
  throw new CryptoError({ code: "crypto/bad-encoding", operand });
};

const textOf = (file: KeyStoreFile): string => `${JSON.stringify(file, null, 2)}\n`;

/** Keyboards spell one password in several ways; NFC is one of them. */
function keyOf(password: string, salt: Uint8Array, cost: number): Uint8Array {
  return scrypt(utf8ToBytes(password.normalize("NFC")), salt, {
    N: 2 ** cost,
    r: 8,
    p: 1,
    dkLen: 16,
  });
}

/** All that stands in clear is authenticated: a swapped public key or a lowered cost does not open. */
function header(publicKey: string, cost: number, salt: string): Uint8Array {
  return utf8ToBytes(`ropenet key store 1|${publicKey}|scrypt|${cost}|${salt}|sm4-gcm`);
}

/** @throws {CryptoError} `crypto/bad-range` for the cost, and as `sm2.getPublicKey` */
export function sealKeyStore(
  secretKey: Uint8Array,
  password: string,
  options: KeyStoreOptions = {},
): string {
  expectSecretKey(secretKey);
  expectText(password, "password");
  expectRecord(options, "options");
  const cost = options.cost ?? DEFAULT_COST;
  if (!Number.isInteger(cost) || cost < LEAST_COST || cost > LARGEST_COST) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "cost" });
  }
  const salt = globalThis.crypto.getRandomValues(new Uint8Array(16));
  const nonce = globalThis.crypto.getRandomValues(new Uint8Array(12));
  const publicKey = bytesToHex(getPublicKey(secretKey));
  const key = keyOf(password, salt, cost);
  const saltHex = bytesToHex(salt);
  const sealed = sm4Gcm.seal(key, nonce, secretKey, header(publicKey, cost, saltHex));
  key.fill(0);
  const file: KeyStoreFile = {
    version: 1,
    publicKey,
    kdf: { name: "scrypt", cost, salt: saltHex },
    cipher: { name: "sm4-gcm", nonce: bytesToHex(nonce), sealed: bytesToHex(sealed) },
  };
  return textOf(file);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

function hexField(value: unknown, length: number): string {
  const shaped = typeof value === "string" && value.length === 2 * length;
  return shaped && /^[0-9a-f]*$/.test(value) ? value : refuse();
}

function parse(text: string): KeyStoreFile {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return refuse();
  }
  if (!isObject(file)) return refuse();
  if (file["version"] !== 1) return refuse("keyStore.version");
  const { publicKey, kdf, cipher } = file;
  if (!isObject(kdf) || kdf["name"] !== "scrypt") return refuse();
  if (!isObject(cipher) || cipher["name"] !== "sm4-gcm") return refuse();
  const cost = kdf["cost"];
  const inRange = typeof cost === "number" && Number.isInteger(cost);
  if (!inRange || cost < LEAST_COST || cost > LARGEST_COST) return refuse();
  const read: KeyStoreFile = {
    version: 1,
    publicKey: hexField(publicKey, 65),
    kdf: { name: "scrypt", cost, salt: hexField(kdf["salt"], 16) },
    cipher: {
      name: "sm4-gcm",
      nonce: hexField(cipher["nonce"], 12),
      sealed: hexField(cipher["sealed"], 32 + 16),
    },
  };
  // Fields that no one knows, twice the same field, other spacing: nothing that the tag does not cover.
  return textOf(read) === text ? read : refuse();
}

/**
 * The secret key in a file that `sealKeyStore` made.
 * @throws {CryptoError} `crypto/authentication-failed` for a wrong password or a changed file;
 * `crypto/bad-encoding` for what is no such file to the byte, with operand `keyStore.version` for one of another
 * version
 */
export function openKeyStore(text: string, password: string): Uint8Array {
  expectText(text, "keyStore");
  expectText(password, "password");
  const { publicKey, kdf, cipher } = parse(text);
  const key = keyOf(password, hexToBytes(kdf.salt), kdf.cost);
  const aad = header(publicKey, kdf.cost, kdf.salt);
  try {
    return sm4Gcm.open(key, hexToBytes(cipher.nonce), hexToBytes(cipher.sealed), aad);
  } finally {
    key.fill(0);
  }
}
