import { copyBytes } from "../bytes.ts";
import { CryptoError } from "../crypto-error.ts";
import { decrypt } from "../sm2/encrypt.ts";
import type { Sm2UserId } from "../sm2/identity.ts";
import { expectSecretKey, getPublicKey } from "../sm2/keys.ts";
import { sign } from "../sm2/sign.ts";

/**
 * A key that is used where it lies: an HSM, a USB key, a signing service, or memory. Nothing gives the secret key
 * out. Calls may take long and may ask a person.
 */
export interface Sm2Device {
  /** 65 bytes */
  publicKey(): Promise<Uint8Array>;
  /** As `sm2.sign`. */
  sign(message: Uint8Array, options?: { readonly userId?: Sm2UserId }): Promise<Uint8Array>;
  /** As `sm2.decrypt`. */
  decrypt(ciphertext: Uint8Array): Promise<Uint8Array>;
  /** Forgets the key where it can; every call after it rejects. */
  close(): Promise<void>;
}

class SoftwareToken implements Sm2Device {
  readonly #secretKey: Uint8Array;
  readonly #publicKey: Uint8Array;
  #closed = false;

  constructor(secretKey: Uint8Array) {
    expectSecretKey(secretKey);
    this.#secretKey = copyBytes(secretKey);
    this.#publicKey = getPublicKey(secretKey);
  }

  async publicKey(): Promise<Uint8Array> {
    return this.#publicKey.slice();
  }

  async sign(
    message: Uint8Array,
    options: { readonly userId?: Sm2UserId } = {},
  ): Promise<Uint8Array> {
    return sign(message, this.#open(), { ...options, publicKey: this.#publicKey });
  }

  async decrypt(ciphertext: Uint8Array): Promise<Uint8Array> {
    return decrypt(ciphertext, this.#open());
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#secretKey.fill(0);
  }

  #open(): Uint8Array {
    if (this.#closed) throw new CryptoError({ code: "crypto/bad-range", operand: "device" });
    return this.#secretKey;
  }
}

/** A device in memory, with its own copy of the key. @throws {CryptoError} as `sm2.getPublicKey` */
export function createSoftwareToken(secretKey: Uint8Array): Sm2Device {
  return new SoftwareToken(secretKey);
}
