import { createKernel, type Kernel } from "../src/kernel/kernel.ts";

const MOST_TABLES = 512;

export interface DigestCase {
  readonly signature: Uint8Array;
  readonly digest: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Items that the kernel takes at once. */
export const MOST_TOGETHER = 32;

export type KernelAnswers = { readonly fresh: boolean; readonly prepared: boolean };

/** The walks of the kernel over a digest, below the cache and the hashing of `sm2.verify`. */
export class KernelUnderTest {
  readonly kernel: Kernel = createKernel();
  readonly #spare: number = this.kernel.allocate(this.kernel.exports.keyTableBytes());
  /** by array, not by content: callers that keep a key's array save building its table again */
  readonly #tables = new WeakMap<Uint8Array, number>();
  #tableCount = 0;

  verifyDigest(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): KernelAnswers {
    const { exports, input } = this.kernel;
    const memory = this.kernel.bytes();
    memory.set(signature, input);
    memory.set(digest, input + 64);
    memory.set(publicKey, input + 96);
    const fresh = exports.verifyFresh() === 1;
    const table = this.#tables.get(publicKey) ?? this.#prepare(publicKey);
    return { fresh, prepared: table !== undefined && exports.verifyPrepared(table) === 1 };
  }

  /** The same, of up to 32 cases by the walks that take four at a time. */
  verifyTogether(cases: readonly DigestCase[]): KernelAnswers[] {
    const { exports, input, bytes } = this.kernel;
    const at = exports.itemsAddress();
    const tables = cases.map(({ signature, digest, publicKey }, index) => {
      const item = at + 161 * index;
      bytes().set(signature, item);
      bytes().set(digest, item + 64);
      bytes().set(publicKey, item + 96);
      bytes().set(publicKey, input + 96);
      const known = this.#tables.get(publicKey);
      // One spare does not serve many at once.
      return known ?? (this.#tableCount < MOST_TABLES ? this.#prepare(publicKey) : undefined);
    });
    const fresh = this.#together(tables.map(() => 0));
    // Keys without a table walk as fresh ones among the others.
    const prepared = this.#together(tables.map((table) => table ?? 0));
    return fresh.map((answer, index) => ({ fresh: answer, prepared: prepared[index] as boolean }));
  }

  #together(tables: readonly number[]): boolean[] {
    const { exports, bytes } = this.kernel;
    const view = new DataView(bytes().buffer, exports.keyTablesAddress());
    for (const [index, table] of tables.entries()) view.setUint32(4 * index, table, true);
    const answers = exports.answersAddress();
    // What no one wrote must not look like an answer.
    bytes().fill(2, answers, answers + tables.length);
    exports.verifyItems(tables.length);
    return Array.from(bytes().subarray(answers, answers + tables.length), (answer) => {
      if (answer > 1) throw new Error("an item has no answer");
      return answer === 1;
    });
  }

  /** The table of the key in the input; undefined where that is none. */
  #prepare(publicKey: Uint8Array): number | undefined {
    const { exports } = this.kernel;
    if (exports.prepareKey(this.#spare) !== 1) return undefined;
    if (this.#tableCount === MOST_TABLES) return this.#spare;
    const table = this.kernel.allocate(exports.keyTableBytes());
    exports.prepareKey(table);
    this.#tables.set(publicKey, table);
    this.#tableCount += 1;
    return table;
  }
}
