import {
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
  type KeyObject,
} from "node:crypto";
import { concatBytes } from "../src/index.ts";
import { hex } from "./vectors.ts";

// SubjectPublicKeyInfo and PrivateKeyInfo of an SM2 key up to the bits of the key. Keys that Node generates
// itself sign plain ECDSA until they are exported and imported; importing avoids that.
const SPKI_HEAD = hex("3059301306072a8648ce3d020106082a811ccf5501822d034200");
const PKCS8_HEAD = hex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420");
const PKCS8_MIDDLE = hex("a144034200");

function derInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const rest = bytes.subarray(start);
  const body = (rest[0] ?? 0) >= 0x80 ? concatBytes(Uint8Array.of(0), rest) : rest;
  return concatBytes(Uint8Array.of(2, body.length), body);
}

export function toDer(signature: Uint8Array): Uint8Array {
  const body = concatBytes(
    derInteger(signature.subarray(0, 32)),
    derInteger(signature.subarray(32)),
  );
  return concatBytes(Uint8Array.of(0x30, body.length), body);
}

export function fromDer(der: Uint8Array): Uint8Array {
  const out = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const length = der[at + 1] ?? 0;
    const value = der.subarray(at + 2, at + 2 + length);
    const trimmed = value[0] === 0 ? value.subarray(1) : value;
    out.set(trimmed, end - trimmed.length);
    at += 2 + length;
  }
  return out;
}

/** For `createPublicKey`. */
export function spkiOf(publicKey: Uint8Array): {
  readonly key: Buffer;
  readonly format: "der";
  readonly type: "spki";
} {
  return { key: Buffer.from(concatBytes(SPKI_HEAD, publicKey)), format: "der", type: "spki" };
}

export function opensslSecretKey(secretKey: Uint8Array, publicKey: Uint8Array): KeyObject {
  return createPrivateKey({
    key: Buffer.from(concatBytes(PKCS8_HEAD, secretKey, PKCS8_MIDDLE, publicKey)),
    format: "der",
    type: "pkcs8",
  });
}

/**
 * OpenSSL's opinion. `createVerify("sm3")` does not add Z, so feeding `Z ‖ M` makes it standard SM2 for any
 * user id.
 */
/** @throws {Error} where the key is none */
export function opensslPublicKey(publicKey: Uint8Array): KeyObject {
  return createPublicKey(spkiOf(publicKey));
}

export function opensslVerify(
  signature: Uint8Array,
  zAndMessage: Uint8Array,
  publicKey: Uint8Array | KeyObject,
): boolean {
  const key = publicKey instanceof Uint8Array ? opensslPublicKey(publicKey) : publicKey;
  return createVerify("sm3").update(zAndMessage).verify(key, toDer(signature));
}

export function opensslSign(
  zAndMessage: Uint8Array,
  secretKey: Uint8Array,
  publicKey: Uint8Array,
): Uint8Array {
  const key = opensslSecretKey(secretKey, publicKey);
  return fromDer(createSign("sm3").update(zAndMessage).sign(key));
}
