import { createKernel, type Kernel } from "../src/kernel/kernel.ts";

export type KernelAnswers = { readonly fresh: boolean; readonly prepared: boolean };

/** Both walks of the kernel over a digest, below the cache and the hashing of `sm2.verify`. */
export class KernelUnderTest {
  readonly kernel: Kernel = createKernel();
  readonly #table: number = this.kernel.allocate(this.kernel.exports.keyTableBytes());
  #preparedKey: Uint8Array | undefined;
  #keyIsValid = false;

  verifyDigest(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): KernelAnswers {
    const { exports, input } = this.kernel;
    const memory = this.kernel.bytes();
    memory.set(signature, input);
    memory.set(digest, input + 64);
    memory.set(publicKey, input + 96);
    const fresh = exports.verifyFresh() === 1;
    if (this.#preparedKey !== publicKey) {
      this.#keyIsValid = exports.prepareKey(this.#table) === 1;
      this.#preparedKey = publicKey;
    }
    return { fresh, prepared: this.#keyIsValid && exports.verifyPrepared(this.#table) === 1 };
  }
}
