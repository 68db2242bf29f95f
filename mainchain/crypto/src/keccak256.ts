import { keccak_256 } from "@noble/hashes/sha3.js";
import { expectBytes } from "./crypto-error.ts";

/** Keccak-256 with the original padding, as Ethereum uses it: 32 bytes. Not SHA3-256. @throws {CryptoError} `crypto/bad-type` */
export function keccak256(bytes: Uint8Array): Uint8Array {
  expectBytes(bytes, "bytes");
  return keccak_256(bytes);
}
