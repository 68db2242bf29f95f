import { createCipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { kdfSm3 } from "@ropenet/crypto";
import { PeerError } from "./errors.ts";
import { LENGTH_BYTES } from "./frame.ts";

export const TAG_BYTES = 32;

/** One direction of a session: SM4-CTR, then HMAC-SM3 over nonce and ciphertext. */
export interface SessionCipher {
  /** A whole frame, length prefix included. */
  seal(plaintext: Uint8Array): Uint8Array;
  /** @throws {PeerError} `p2p/not-authentic`: altered, repeated, dropped or reordered */
  open(sealed: Uint8Array): Uint8Array;
}

const NONCE_BYTES = 12;

/**
 * The nonce is the number of the frame, never sent. Same bytes as `sm4CtrHmac` of @ropenet/crypto, by Node's
 * OpenSSL for speed: blocks are megabytes.
 */
export function createSessionCipher(key: Uint8Array): SessionCipher {
  const keys = kdfSm3(key, 16 + 32);
  const cipherKey = keys.slice(0, 16);
  const macKey = keys.slice(16);
  let count = 0n;

  function nextNonce(): Uint8Array {
    const nonce = new Uint8Array(NONCE_BYTES);
    new DataView(nonce.buffer).setBigUint64(NONCE_BYTES - 8, count);
    count += 1n;
    return nonce;
  }

  function crypt(nonce: Uint8Array, bytes: Uint8Array): Uint8Array {
    const counter = new Uint8Array(16);
    counter.set(nonce);
    return createCipheriv("sm4-ctr", cipherKey, counter).update(bytes);
  }

  function tagOf(nonce: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const lengths = new Uint8Array(16);
    new DataView(lengths.buffer).setBigUint64(8, BigInt(ciphertext.length));
    return createHmac("sm3", macKey).update(lengths).update(nonce).update(ciphertext).digest();
  }

  return {
    seal(plaintext): Uint8Array {
      const nonce = nextNonce();
      const ciphertext = crypt(nonce, plaintext);
      const frame = new Uint8Array(LENGTH_BYTES + ciphertext.length + TAG_BYTES);
      new DataView(frame.buffer).setUint32(0, ciphertext.length + TAG_BYTES);
      frame.set(ciphertext, LENGTH_BYTES);
      frame.set(tagOf(nonce, ciphertext), LENGTH_BYTES + ciphertext.length);
      return frame;
    },
    open(sealed): Uint8Array {
      const nonce = nextNonce();
      const end = sealed.length - TAG_BYTES;
      if (end < 0) throw new PeerError({ code: "p2p/not-authentic" });
      const ciphertext = sealed.subarray(0, end);
      if (!timingSafeEqual(tagOf(nonce, ciphertext), sealed.subarray(end))) {
        throw new PeerError({ code: "p2p/not-authentic" });
      }
      // Not the Buffer itself: a Buffer's slice aliases, and decoded messages must not.
      const plaintext = crypt(nonce, ciphertext);
      return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength);
    },
  };
}
