import { ed25519 as curve } from "@noble/curves/ed25519.js";
import { expectBytes } from "./crypto-error.ts";

/**
 * Whether `signature` (64 bytes) signs `message` under `publicKey` (32 bytes), by the ZIP-215 rules:
 * cofactored equation, s < L, non-canonical point encodings accepted. Substrate checks GRANDPA votes by
 * the same rules (ed25519-zebra), so the two never disagree on a crafted signature.
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`
 */
function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  expectBytes(signature, "signature", 64);
  expectBytes(message, "message");
  expectBytes(publicKey, "publicKey", 32);
  return curve.verify(signature, message, publicKey, { zip215: true });
}

/** Ed25519, for verifying foreign chains. Source: RFC 8032, ZIP-215. */
export const ed25519: { readonly verify: typeof verify } = { verify };
