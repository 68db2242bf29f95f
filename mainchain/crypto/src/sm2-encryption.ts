import { bigintToBytes, bytesToBigint, concatBytes } from "./bytes.ts";
import { CodedError } from "./coded-error.ts";
import { Point } from "./curve.ts";
import {
  type CurvePoint,
  checkLength,
  encodePoint,
  parsePoint,
  randomSecretKey,
  secretScalar,
} from "./sm2-signature.ts";
import { kdfSm3, sm3 } from "./sm3.ts";

function coordinates(point: CurvePoint): { readonly x: Uint8Array; readonly y: Uint8Array } {
  const { x, y } = point.toAffine();
  return { x: bigintToBytes(x, 32), y: bigintToBytes(y, 32) };
}

function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, index) => byte ^ (right[index] ?? 0));
}

/** C1 (65 bytes, 04‖x‖y) ‖ C3 (32) ‖ C2. Source: GB/T 32918.4 §6. */
export function encrypt(plaintext: Uint8Array, publicKey: Uint8Array): Uint8Array {
  checkLength(publicKey, 65, "publicKey");
  const key = parsePoint(publicKey);
  if (!key || plaintext.length === 0) {
    throw new CodedError({
      code: key ? "crypto/bad-length" : "crypto/bad-point",
      operand: key ? "plaintext" : "publicKey",
    });
  }
  for (;;) {
    const k = bytesToBigint(randomSecretKey());
    const { x, y } = coordinates(key.multiply(k));
    const mask = kdfSm3(concatBytes(x, y), plaintext.length);
    if (mask.every((byte) => byte === 0)) continue;
    return concatBytes(
      encodePoint(Point.BASE.multiply(k)),
      sm3(concatBytes(x, plaintext, y)),
      xor(plaintext, mask),
    );
  }
}

/** @throws {CodedError} `crypto/authentication-failed` for whatever was not encrypted to this key */
export function decrypt(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array {
  const d = secretScalar(secretKey);
  const point = ciphertext.length > 97 ? parsePoint(ciphertext.slice(0, 65)) : undefined;
  if (!point) throw new CodedError({ code: "crypto/authentication-failed" });
  const { x, y } = coordinates(point.multiply(d));
  const sealed = ciphertext.slice(97);
  const plaintext = xor(sealed, kdfSm3(concatBytes(x, y), sealed.length));
  const digest = sm3(concatBytes(x, plaintext, y));
  let difference = 0;
  for (let index = 0; index < 32; index += 1)
    difference |= (digest[index] ?? 0) ^ (ciphertext[65 + index] ?? 0);
  if (difference !== 0) throw new CodedError({ code: "crypto/authentication-failed" });
  return plaintext;
}
