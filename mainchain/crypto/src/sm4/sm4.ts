import { expectBytes } from "../crypto-error.ts";
import { cipherBlock, decryptionKeys, expandKey, loadWords } from "./block.ts";
import { counterMode } from "./ctr.ts";

/** One block, 16 bytes, under a 16-byte key. @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length` */
function encryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  return cipherBlock(expandKey(key), block);
}

/** Inverse of `encryptBlock`. @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length` */
function decryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  return cipherBlock(decryptionKeys(expandKey(key)), block);
}

/**
 * Counter mode, its own inverse, as long as the input; hides, but does not authenticate: prefer `sm4Gcm`.
 * @param iv the first counter block, 16 bytes; no counter block may recur under one key
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`
 */
function ctr(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array {
  expectBytes(iv, "iv", 16);
  expectBytes(bytes, "bytes");
  return counterMode(expandKey(key), loadWords(iv), bytes, 4);
}

/**
 * SM4 block cipher. Source: GB/T 32907-2016. Table look-ups: not constant-time against an attacker who
 * shares the cache; see docs/crypto.md.
 */
export const sm4: {
  readonly encryptBlock: typeof encryptBlock;
  readonly decryptBlock: typeof decryptBlock;
  readonly ctr: typeof ctr;
} = { encryptBlock, decryptBlock, ctr };
