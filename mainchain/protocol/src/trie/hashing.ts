import { concatBytes, sm3 } from "@ropenet/crypto";
import { encode, u16 } from "../codec/codec.ts";
import { digest, SUITE_SM } from "../hash.ts";

/** Bits of a key's path: SM3(key), most significant bit first. */
export const PATH_BITS: 256 = 256;

export function pathOf(key: Uint8Array): Uint8Array {
  return sm3(key);
}

/** Bit `index` of a path, 0 or 1. */
export function bitAt(path: Uint8Array, index: number): 0 | 1 {
  return (((path[index >> 3] ?? 0) >> (7 - (index & 7))) & 1) as 0 | 1;
}

/** First position at or after `from` where the paths differ; 256 if they do not. */
export function firstDifference(left: Uint8Array, right: Uint8Array, from: number): number {
  let index = from >> 3;
  // The bits before `from` count as equal.
  let difference = ((left[index] ?? 0) ^ (right[index] ?? 0)) & (0xff >> (from & 7));
  while (difference === 0) {
    index += 1;
    if (index >= PATH_BITS / 8) return PATH_BITS;
    difference = (left[index] ?? 0) ^ (right[index] ?? 0);
  }
  return 8 * index + Math.clz32(difference) - 24;
}

/** Bits `from`..`to` of a path, packed from the first bit, the rest zero. */
export function packBits(path: Uint8Array, from: number, to: number): Uint8Array {
  const packed = new Uint8Array(Math.ceil((to - from) / 8));
  for (let at = from; at < to; at += 1) {
    if (bitAt(path, at) === 1) {
      const index = at - from;
      packed[index >> 3] = (packed[index >> 3] ?? 0) | (0x80 >> (index & 7));
    }
  }
  return packed;
}

/** The leaf commits the full key, so that no other key with this path prefix can take its place. */
export function hashLeaf(key: Uint8Array, valueHash: Uint8Array): Uint8Array {
  return digest(SUITE_SM, "trie-leaf", encode(u16, key.length), key, valueHash);
}

/** Branches at bit `depth + skipLength`; everything below shares the `skipLength` bits before it. */
export function hashInner(
  depth: number,
  skipLength: number,
  skipBits: Uint8Array,
  left: Uint8Array,
  right: Uint8Array,
): Uint8Array {
  return digest(
    SUITE_SM,
    "trie-inner",
    concatBytes(encode(u16, depth), encode(u16, skipLength), skipBits),
    left,
    right,
  );
}
