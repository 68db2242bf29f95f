import { copyBytes } from "../bytes.ts";
import { CryptoError } from "../crypto-error.ts";
import { decrypt } from "../sm2/encrypt.ts";
import type { Sm2UserId } from "../sm2/identity.ts";
import {
  type KeyAgreementInput,
  type KeyAgreementResult,
  keyAgreement,
} from "../sm2/key-agreement.ts";
import { expectSecretKey, getPublicKey, randomSecretKey } from "../sm2/keys.ts";
import { sign } from "../sm2/sign.ts";
import { openKeyStore } from "./key-store.ts";

/** What a device is told of a key agreement: all but the secrets, which it has. */
export type Sm2AgreementPeer = Omit<KeyAgreementInput, "secretKey" | "ephemeralSecretKey">;

/** One run of the key agreement, between the two messages. */
export interface Sm2Agreement {
  /** 65 bytes, for the peer */
  readonly ephemeralPublicKey: Uint8Array;
  /**
   * As `sm2.keyAgreement`, once: an ephemeral key that is used twice could be solved for.
   * @throws {CryptoError} `crypto/closed` the second time
   */
  finish(peer: Sm2AgreementPeer): Promise<KeyAgreementResult>;
}

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
  /** Makes the ephemeral key of a key agreement, which stays inside as well. */
  beginAgreement(): Promise<Sm2Agreement>;
  /** Forgets the key where it can; every call after it rejects with `crypto/closed`. */
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
    this.#open();
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

  async beginAgreement(): Promise<Sm2Agreement> {
    this.#open();
    const ephemeralSecretKey = randomSecretKey();
    let finished = false;
    return {
      ephemeralPublicKey: getPublicKey(ephemeralSecretKey),
      finish: async (peer) => {
        const secretKey = this.#open();
        if (finished) throw new CryptoError({ code: "crypto/closed", operand: "agreement" });
        finished = true;
        try {
          return keyAgreement({ ...peer, secretKey, ephemeralSecretKey });
        } finally {
          ephemeralSecretKey.fill(0);
        }
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#secretKey.fill(0);
  }

  #open(): Uint8Array {
    if (this.#closed) throw new CryptoError({ code: "crypto/closed", operand: "device" });
    return this.#secretKey;
  }
}

/** A device in memory, with its own copy of the key. @throws {CryptoError} as `sm2.getPublicKey` */
export function createSoftwareToken(secretKey: Uint8Array): Sm2Device {
  return new SoftwareToken(secretKey);
}

/**
 * A device in memory from a key store file: the caller never sees the key.
 * @throws {CryptoError} as `openKeyStore`
 */
export function openSoftwareToken(keyStore: string, password: string): Sm2Device {
  const secretKey = openKeyStore(keyStore, password);
  try {
    return new SoftwareToken(secretKey);
  } finally {
    secretKey.fill(0);
  }
}
