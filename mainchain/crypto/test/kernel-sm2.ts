import { createKernel, type Kernel } from "../src/kernel/kernel.ts";

const MOST_TABLES = 512;

export type KernelAnswers = { readonly fresh: boolean; readonly prepared: boolean };

/** Both walks of the kernel over a digest, below the cache and the hashing of `sm2.verify`. */
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
