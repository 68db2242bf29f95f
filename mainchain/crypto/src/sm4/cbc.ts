import { expectBytes } from "../crypto-error.ts";
import { cipherBlock, withKey } from "./cipher.ts";

const BLOCK = 16;

function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, index) => byte ^ (right[index] as number));
}

/** CBC with the padding of PKCS#7, for key files: it does not authenticate. Source: GB/T 17964-2021, RFC 8018. */
export function cbcEncrypt(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
  expectBytes(iv, "iv", BLOCK);
  const spare = BLOCK - (plaintext.length % BLOCK);
  const padded = new Uint8Array(plaintext.length + spare).fill(spare);
  padded.set(plaintext);
  return withKey(key, 0, (kernel) => {
    const out = new Uint8Array(padded.length);
    let before = iv;
    for (let at = 0; at < padded.length; at += BLOCK) {
      before = cipherBlock(kernel, xor(padded.subarray(at, at + BLOCK), before));
      out.set(before, at);
    }
    padded.fill(0);
    return out;
  });
}

/** Inverse of `cbcEncrypt`; undefined where the padding is wrong. */
export function cbcDecrypt(
  key: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  expectBytes(iv, "iv", BLOCK);
  if (ciphertext.length === 0 || ciphertext.length % BLOCK !== 0) return undefined;
  const padded = withKey(
    key,
    0,
    (kernel) => {
      const out = new Uint8Array(ciphertext.length);
      let before = iv;
      for (let at = 0; at < ciphertext.length; at += BLOCK) {
        const block = ciphertext.subarray(at, at + BLOCK);
        out.set(xor(cipherBlock(kernel, block), before), at);
        before = block;
      }
      return out;
    },
    "backwards",
  );
  const spare = padded.at(-1) as number;
  if (spare < 1 || spare > BLOCK) return undefined;
  if (padded.subarray(padded.length - spare).some((byte) => byte !== spare)) return undefined;
  return padded.subarray(0, padded.length - spare);
}
