import { CryptoError, expectBytes, expectList, expectRecord } from "../crypto-error.ts";
import { BUFFER_BYTES, createKernel, type Kernel, sharedKernel } from "../kernel/kernel.ts";
import { DEFAULT_IDENTITY_HEAD, messageDigest, type Sm2UserId, userIdBytes } from "./identity.ts";
import { type CachedKey, KeyCache } from "./key-cache.ts";

export interface Sm2VerifyOptions {
  readonly userId?: Sm2UserId;
}

export interface Sm2VerifyItem extends Sm2VerifyOptions {
  /** 64 bytes r‖s */
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
  /** 65 bytes 04‖x‖y */
  readonly publicKey: Uint8Array;
}

export interface Sm2Verifier {
  /** As `sm2.verify`. */
  verify(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
    options?: Sm2VerifyOptions,
  ): boolean;
  /** One answer per item, in order; each is what `verify` says of it. */
  verifyMany(items: readonly Sm2VerifyItem[]): boolean[];
  /** Builds the tables of keys that are known to come, a validator set's for instance. Invalid keys are ignored. */
  prepare(publicKeys: readonly Uint8Array[]): void;
}

export interface Sm2VerifierOptions {
  /** Keys with a table, 9,216 bytes each; default 1,024 */
  readonly maxKeyTables?: number;
}

const DEFAULT_MAX_KEY_TABLES = 1024;

// A table costs as much as it saves over two to three verifications (bench/sm.ts: sm2.prepareKey against
// sm2.verify.fresh less sm2.verify.cached), so building at the third use is never twice the best choice.
const USES_BEFORE_TABLE = 3;

/** Items that the kernel takes at once. */
const BATCH = 32;
/** Fewer are quicker one by one. */
const LEAST_BATCH = 3;
const ITEM_BYTES = 161;

function expectTriple({ signature, message, publicKey }: Sm2VerifyItem): void {
  expectBytes(signature, "signature", 64);
  expectBytes(message, "message");
  expectBytes(publicKey, "publicKey", 65);
}

class KernelVerifier implements Sm2Verifier {
  readonly #kernel: Kernel;
  readonly #cache: KeyCache;

  constructor(kernel: Kernel, maxKeyTables: number) {
    this.#kernel = kernel;
    this.#cache = new KeyCache(maxKeyTables);
  }

  verify(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
    options: Sm2VerifyOptions = {},
  ): boolean {
    expectRecord(options, "options");
    expectTriple({ signature, message, publicKey });
    return this.#verify({ signature, message, publicKey }, options.userId);
  }

  #verify({ signature, message, publicKey }: Sm2VerifyItem, userId?: Sm2UserId): boolean {
    const key = this.#cache.use(publicKey);
    this.#loadDigest(message, key, userId);
    const memory = this.#kernel.bytes();
    memory.set(signature, this.#kernel.input);
    memory.set(publicKey, this.#kernel.input + 96);
    return this.#verifyLoaded(key);
  }

  verifyMany(items: readonly Sm2VerifyItem[]): boolean[] {
    expectList(items, "items");
    for (const item of items) {
      expectRecord(item, "item");
      expectTriple(item);
      if (item.userId !== undefined) userIdBytes(item.userId);
    }
    const answers: boolean[] = [];
    for (let first = 0; first < items.length; first += BATCH) {
      const batch = items.slice(first, first + BATCH);
      answers.push(...(batch.length < LEAST_BATCH ? this.#oneByOne(batch) : this.#together(batch)));
    }
    return answers;
  }

  #oneByOne(items: readonly Sm2VerifyItem[]): boolean[] {
    return items.map((item) => this.#verify(item, item.userId));
  }

  #together(items: readonly Sm2VerifyItem[]): boolean[] {
    const { exports, input } = this.#kernel;
    const at = exports.itemsAddress();
    const keys = items.map((item, index) => {
      const key = this.#cache.use(item.publicKey);
      this.#loadDigest(item.message, key, item.userId);
      const memory = this.#kernel.bytes();
      memory.set(item.signature, input);
      memory.set(item.publicKey, input + 96);
      memory.copyWithin(at + index * ITEM_BYTES, input, input + ITEM_BYTES);
      return key;
    });
    for (const key of keys) {
      if (key.table !== undefined || key.uses < USES_BEFORE_TABLE) continue;
      this.#kernel.bytes().set(key.publicKey, input + 96);
      this.#buildTable(key);
    }
    // Only now: building a table may have taken that of another key here.
    const tables = new DataView(this.#kernel.bytes().buffer, exports.keyTablesAddress());
    for (const [index, { table }] of keys.entries()) tables.setUint32(4 * index, table ?? 0, true);
    exports.verifyItems(items.length);
    const answers = exports.answersAddress();
    return Array.from(
      this.#kernel.bytes().subarray(answers, answers + items.length),
      (answer) => answer === 1,
    );
  }

  prepare(publicKeys: readonly Uint8Array[]): void {
    expectList(publicKeys, "publicKeys");
    for (const publicKey of publicKeys) expectBytes(publicKey, "publicKey", 65);
    for (const publicKey of publicKeys) {
      const key = this.#cache.use(publicKey);
      this.#kernel.bytes().set(publicKey, this.#kernel.input + 96);
      if (key.table === undefined) this.#buildTable(key);
    }
  }

  /** r‖s, e and the key are in the kernel's input. */
  #verifyLoaded(key: CachedKey): boolean {
    const { exports } = this.#kernel;
    if (key.table === undefined && key.uses >= USES_BEFORE_TABLE) this.#buildTable(key);
    return key.table === undefined
      ? exports.verifyFresh() === 1
      : exports.verifyPrepared(key.table) === 1;
  }

  /** For the key in the kernel's input; an invalid one gets no table and is refused afresh each time. */
  #buildTable(key: CachedKey): void {
    const { exports, allocate } = this.#kernel;
    this.#spare ??= allocate(exports.keyTableBytes());
    if (exports.prepareKey(this.#spare) !== 1) return;
    key.table = this.#spare;
    this.#spare = this.#cache.promote(key);
  }

  /** A table that no key has. */
  #spare: number | undefined;

  /** Z for the default user id, by the kernel: a key that is seen once waits for nothing slower. */
  #identityOf(publicKey: Uint8Array): Uint8Array {
    const { exports, buffer, digests } = this.#kernel;
    const memory = this.#kernel.bytes();
    const head = DEFAULT_IDENTITY_HEAD.length;
    memory.set(DEFAULT_IDENTITY_HEAD, buffer);
    memory.set(publicKey.subarray(1), buffer + head);
    exports.sm3(head + 64);
    return memory.slice(digests, digests + 32);
  }

  /** e = SM3(Z ‖ M) into the kernel's input. */
  #loadDigest(message: Uint8Array, key: CachedKey, userId: Sm2UserId | undefined): void {
    const { exports, buffer, digests, input } = this.#kernel;
    if (userId !== undefined || message.length > BUFFER_BYTES - 32) {
      const digest = messageDigest(message, key.publicKey, userId);
      this.#kernel.bytes().set(digest, input + 64);
      return;
    }
    key.identity ??= this.#identityOf(key.publicKey);
    const memory = this.#kernel.bytes();
    memory.set(key.identity, buffer);
    memory.set(message, buffer + 32);
    exports.sm3(32 + message.length);
    memory.copyWithin(input + 64, digests, digests + 32);
  }
}

/**
 * A verifier with kernel memory and key tables of its own, so that others cannot push its keys out: one for a
 * validator set's votes, say, beside `sm2.verify` for everybody's transactions.
 * @throws {CryptoError} `crypto/bad-range` unless `maxKeyTables` is an integer from 1 to 65,536
 */
export function createSm2Verifier(options: Sm2VerifierOptions = {}): Sm2Verifier {
  expectRecord(options, "options");
  const maxKeyTables = options.maxKeyTables ?? DEFAULT_MAX_KEY_TABLES;
  if (!Number.isInteger(maxKeyTables) || maxKeyTables < 1 || maxKeyTables > 65_536) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "maxKeyTables" });
  }
  return new KernelVerifier(createKernel(), maxKeyTables);
}

let shared: Sm2Verifier | undefined;

/** The verifier behind `sm2.verify`, made at first use; it shares the kernel of `sm3`. */
export function sharedVerifier(): Sm2Verifier {
  shared ??= new KernelVerifier(sharedKernel(), DEFAULT_MAX_KEY_TABLES);
  return shared;
}
