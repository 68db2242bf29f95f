import { keccak_256 } from "@noble/hashes/sha3.js";

/** Keccak-256 with the original padding, as Ethereum uses it: 32 bytes. Not SHA3-256. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes);
}
