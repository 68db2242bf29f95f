import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { expectBytes } from "./crypto-error.ts";

/** SHA-256, 32 bytes. Source: FIPS 180-4. @throws {CryptoError} `crypto/bad-type` */
export function sha256(bytes: Uint8Array): Uint8Array {
  expectBytes(bytes, "bytes");
  return nobleSha256(bytes);
}
