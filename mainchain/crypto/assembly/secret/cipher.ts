import { absorbGhash, beginGhash, endGhash, wipeGhash } from "./ghash";
import { cipherBlock, counterMode, expandKey, setCounter, wipeSm4 } from "./sm4";

/** What the host does with SM4: a key, a block, and a buffer of up to 32 KB that it fills and reads. */
const CAPACITY: usize = 32768;
const KEY = memory.data(16, 16);
const BLOCK = memory.data(16, 16);
const BUFFER = memory.data(32768 + 64, 16);

export function cipherKeyAddress(): usize {
  return KEY;
}

export function cipherBlockAddress(): usize {
  return BLOCK;
}

export function cipherBufferAddress(): usize {
  return BUFFER;
}

export function cipherBufferBytes(): usize {
  return CAPACITY;
}

export function cipherSetKey(backwards: i32): void {
  expandKey(KEY, backwards != 0);
}

/** BLOCK, in place. */
export function cipherOneBlock(): void {
  cipherBlock(BLOCK);
}

/** BLOCK becomes the counter. */
export function cipherSetCounter(): void {
  setCounter(BLOCK);
}

/** `length` bytes of the buffer; only the last call of a message may have part of a block. */
export function cipherCounterMode(length: usize, short: i32): void {
  counterMode(BUFFER, length, short != 0);
}

/** GHASH under H = the cipher of a block of zeros. */
export function cipherBeginTag(): void {
  memory.fill(BLOCK, 0, 16);
  cipherBlock(BLOCK);
  beginGhash(BLOCK);
  memory.fill(BLOCK, 0, 16);
}

/** `length` bytes of the buffer, filled up with zeros to whole blocks. */
export function cipherAbsorb(length: usize): void {
  const whole = (length + 15) & ~15;
  memory.fill(BUFFER + length, 0, whole - length);
  absorbGhash(BUFFER, whole);
}

/** BLOCK = the tag without its mask. */
export function cipherEndTag(): void {
  endGhash(BLOCK);
}

/** `used` bytes of the buffer, and everything else that a key went through. */
export function cipherWipe(used: usize): void {
  memory.fill(KEY, 0, 16);
  memory.fill(BLOCK, 0, 16);
  memory.fill(BUFFER, 0, used);
  wipeSm4();
  wipeGhash();
}
