import { expectBytes, expectRecord } from "../src/crypto-error.ts";
import { userIdBytes } from "../src/sm2/identity.ts";
import type { Sm2VerifyItem } from "../src/sm2/verifier.ts";

/**
 * The memory that the pool shares with one worker: a ring of slots, each with one batch of items and, later,
 * their answers. One writes, one reads; the count of batches published is all that they synchronise on.
 */
export const SLOTS = 4;
/** Also the largest batch: a failed one costs at most this many single verifications again. */
export const MOST_ITEMS = 128;

const SLOT_BYTES = 65_536;
const HEADER_BYTES = 64;
const ITEM_HEADER_BYTES = 8;
const FIXED_BYTES = 64 + 65;
const NO_USER_ID = 0xffff_ffff;
/** In place of a message's length: the message was posted to the worker's port. */
const POSTED = 0xffff_ffff;
const LONGEST_INLINE = 16_384;
// In a slot: answers, then the number of items, then the items.
const COUNT_AT = MOST_ITEMS;
const ITEMS_AT = MOST_ITEMS + 4;

const PUBLISHED = 0;

export interface Ring {
  readonly memory: SharedArrayBuffer;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly counters: Int32Array;
}

export function ringOf(memory: SharedArrayBuffer): Ring {
  return {
    memory,
    bytes: new Uint8Array(memory),
    view: new DataView(memory),
    counters: new Int32Array(memory, 0, HEADER_BYTES / 4),
  };
}

export function createRing(): Ring {
  return ringOf(new SharedArrayBuffer(HEADER_BYTES + SLOTS * SLOT_BYTES));
}

const slotAt = (slot: number): number => HEADER_BYTES + slot * SLOT_BYTES;

/** An item as it goes into a slot; undefined `userId` is the default one. */
export interface CheckedItem {
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly userId: Uint8Array | undefined;
}

/** @throws {CryptoError} as `sm2.verify` does */
export function checkItem(item: Sm2VerifyItem): CheckedItem {
  expectRecord(item, "item");
  expectBytes(item.signature, "signature", 64);
  expectBytes(item.message, "message");
  expectBytes(item.publicKey, "publicKey", 65);
  const userId = item.userId === undefined ? undefined : userIdBytes(item.userId);
  return { signature: item.signature, message: item.message, publicKey: item.publicKey, userId };
}

function itemBytes(item: CheckedItem): number {
  const inline = item.message.length > LONGEST_INLINE ? 0 : item.message.length;
  return ITEM_HEADER_BYTES + FIXED_BYTES + (item.userId?.length ?? 0) + inline;
}

/** Fills a slot item by item. */
export class SlotWriter {
  readonly #ring: Ring;
  readonly #slot: number;
  readonly #end: number;
  readonly #post: (message: Uint8Array) => void;
  #at: number;
  #count = 0;

  /** @param post takes messages that are too long for the slot, in order */
  constructor(ring: Ring, slot: number, post: (message: Uint8Array) => void) {
    this.#ring = ring;
    this.#post = post;
    this.#slot = slot;
    this.#at = slotAt(slot) + ITEMS_AT;
    this.#end = slotAt(slot) + SLOT_BYTES;
  }

  /** Whether there was room. */
  write(item: CheckedItem): boolean {
    if (this.#count === MOST_ITEMS || this.#at + itemBytes(item) > this.#end) return false;
    const { bytes, view } = this.#ring;
    const posted = item.message.length > LONGEST_INLINE;
    view.setUint32(this.#at, posted ? POSTED : item.message.length);
    view.setUint32(this.#at + 4, item.userId?.length ?? NO_USER_ID);
    this.#at += ITEM_HEADER_BYTES;
    if (posted) this.#post(item.message);
    const message = posted ? undefined : item.message;
    for (const part of [item.signature, item.publicKey, item.userId, message]) {
      if (part === undefined) continue;
      bytes.set(part, this.#at);
      this.#at += part.length;
    }
    this.#count += 1;
    return true;
  }

  publish(): void {
    const { view, counters } = this.#ring;
    view.setUint32(slotAt(this.#slot) + COUNT_AT, this.#count);
    Atomics.add(counters, PUBLISHED, 1);
    Atomics.notify(counters, PUBLISHED);
  }
}

export function answersOf({ bytes }: Ring, slot: number, count: number): Uint8Array {
  return bytes.slice(slotAt(slot), slotAt(slot) + count);
}

/** Blocks the calling worker until more than `seen` batches are published; how many there are then. */
export function waitForBatch({ counters }: Ring, seen: number): number {
  for (;;) {
    const published = Atomics.load(counters, PUBLISHED);
    if (published !== seen) return published;
    Atomics.wait(counters, PUBLISHED, seen);
  }
}

/** Reads the items of a slot, and posted messages by `receive`, and writes `verifyMany`'s answers. */
export function answerSlot(
  { bytes, view }: Ring,
  slot: number,
  receive: () => Uint8Array,
  verifyMany: (items: readonly Sm2VerifyItem[]) => readonly boolean[],
): void {
  const start = slotAt(slot);
  const count = view.getUint32(start + COUNT_AT);
  let at = start + ITEMS_AT;
  const take = (length: number): Uint8Array => {
    // A copy: what is checked must be what is used, whoever else has the memory.
    const part = bytes.slice(at, at + length);
    at += length;
    return part;
  };
  const items: Sm2VerifyItem[] = [];
  while (items.length < count) {
    const messageLength = view.getUint32(at);
    const idLength = view.getUint32(at + 4);
    at += ITEM_HEADER_BYTES;
    const signature = take(64);
    const publicKey = take(65);
    const named = idLength === NO_USER_ID ? {} : { userId: take(idLength) };
    const message = messageLength === POSTED ? receive() : take(messageLength);
    items.push({ signature, message, publicKey, ...named });
  }
  for (const [index, valid] of verifyMany(items).entries()) bytes[start + index] = valid ? 1 : 0;
}
