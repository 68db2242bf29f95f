import { createCipheriv, createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { kdfSm3 } from "@ropenet/crypto";
import { PeerError } from "./errors.ts";
import { LENGTH_BYTES } from "./frame.ts";

export const TAG_BYTES = 32;

/** One direction of a session: SM4-CTR, then HMAC-SM3 over the frame's number, length and ciphertext. */
export interface SessionCipher {
  /** A whole frame, length prefix included. */
  seal(plaintext: Uint8Array): Uint8Array;
  /** @throws {PeerError} `p2p/not-authentic`: altered, repeated, dropped or reordered */
  open(sealed: Uint8Array): Uint8Array;
}

/**
 * One key stream runs through all frames of a direction: each has its own key, used by this session alone, and TCP
 * keeps frames in order. The number of a frame is never sent; the tag binds it.
 * By Node's OpenSSL for speed: blocks are megabytes.
 */
export function createSessionCipher(key: Uint8Array): SessionCipher {
  const keys = kdfSm3(key, 16 + 32);
  const stream = createCipheriv("sm4-ctr", keys.slice(0, 16), new Uint8Array(16));
  const macKey = createSecretKey(keys.slice(16));
  let count = 0n;

  /** Counts the frame. */
  function tagOf(ciphertext: Uint8Array): Uint8Array {
    const head = new DataView(new ArrayBuffer(16));
    head.setBigUint64(0, count);
    head.setBigUint64(8, BigInt(ciphertext.length));
    count += 1n;
    return createHmac("sm3", macKey).update(head).update(ciphertext).digest();
  }

  return {
    seal(plaintext): Uint8Array {
      const ciphertext = stream.update(plaintext);
      const frame = new Uint8Array(LENGTH_BYTES + ciphertext.length + TAG_BYTES);
      new DataView(frame.buffer).setUint32(0, ciphertext.length + TAG_BYTES);
      frame.set(ciphertext, LENGTH_BYTES);
      frame.set(tagOf(ciphertext), LENGTH_BYTES + ciphertext.length);
      return frame;
    },
    open(sealed): Uint8Array {
      const end = sealed.length - TAG_BYTES;
      if (end < 0) throw new PeerError({ code: "p2p/not-authentic" });
      const ciphertext = sealed.subarray(0, end);
      if (!timingSafeEqual(tagOf(ciphertext), sealed.subarray(end))) {
        throw new PeerError({ code: "p2p/not-authentic" });
      }
      // Not the Buffer itself: a Buffer's slice aliases, and decoded messages must not.
      const plaintext = stream.update(ciphertext);
      return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength);
    },
  };
}
