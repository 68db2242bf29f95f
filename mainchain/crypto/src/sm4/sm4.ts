import { expectBytes } from "../crypto-error.ts";
import { cipherBlock, counterMode, withKey } from "./cipher.ts";

/** One block, 16 bytes, under a 16-byte key. @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length` */
function encryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  expectBytes(block, "block", 16);
  return withKey(key, 0, (kernel) => cipherBlock(kernel, block));
}

/** Inverse of `encryptBlock`. @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length` */
function decryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  expectBytes(block, "block", 16);
  return withKey(key, 0, (kernel) => cipherBlock(kernel, block), "backwards");
}

/**
 * Counter mode, its own inverse, as long as the input; hides, but does not authenticate: prefer `sm4Gcm`.
 * @param iv the first counter block, 16 bytes; no counter block may recur under one key
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`
 */
function ctr(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array {
  expectBytes(iv, "iv", 16);
  expectBytes(bytes, "bytes");
  return withKey(key, bytes.length, (kernel) => {
    const out = new Uint8Array(bytes.length);
    counterMode(kernel, iv, 128, bytes, out);
    return out;
  });
}

/** SM4 block cipher, in constant time: docs/crypto.md §4. Source: GB/T 32907-2016. */
export const sm4: {
  readonly encryptBlock: typeof encryptBlock;
  readonly decryptBlock: typeof decryptBlock;
  readonly ctr: typeof ctr;
} = { encryptBlock, decryptBlock, ctr };
