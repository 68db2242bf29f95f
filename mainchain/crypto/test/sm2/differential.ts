import type { KeyObject } from "node:crypto";
import smCrypto from "sm-crypto";
import { bytesToHex, sm2 } from "../../src/index.ts";
import { KernelUnderTest, MOST_TOGETHER } from "../kernel-sm2.ts";
import { opensslPublicKey, opensslVerify } from "../openssl-sm2.ts";
import type { FastCase } from "./fast-cases.ts";

/** What the verifiers say of cases, and how many of which kind there were. */
export class Differential {
  readonly seen: Record<string, number> = {};
  readonly #kernel = new KernelUnderTest();
  readonly #waiting: FastCase[] = [];
  /** by array: most cases share those of the generator's keys */
  readonly #keys = new WeakMap<Uint8Array, KeyObject>();

  /**
   * The walks of the kernel, one signature at a time; and as soon as there are enough of them, together.
   * @throws {Error} where one differs from the case's construction
   */
  check(each: FastCase): void {
    const { fresh, prepared } = this.#kernel.verifyDigest(
      each.signature,
      each.digest,
      each.publicKey,
    );
    this.#count(`${each.kind} ${each.valid}`);
    this.#expect("the walk with a fresh key", each, fresh);
    this.#expect("the walk with a prepared key", each, prepared);
    this.#waiting.push(each);
    if (this.#waiting.length === MOST_TOGETHER) this.finish();
  }

  /** Together, those that still wait for it. */
  finish(): void {
    const cases = this.#waiting.splice(0);
    for (const [index, answer] of this.#kernel.verifyTogether(cases).entries()) {
      const each = cases[index] as FastCase;
      this.#expect("the walk of four with fresh keys", each, answer.fresh);
      this.#expect("the walk of four with prepared keys", each, answer.prepared);
    }
  }

  /** OpenSSL, where the case has a message. It refuses keys that are none with an error, so those are left out. */
  checkOpenssl(each: FastCase): void {
    if (each.preimage === undefined) return;
    const key = this.#opensslKey(each.publicKey);
    if (key === undefined) return;
    this.#count("OpenSSL");
    const answer = opensslVerify(each.signature, each.preimage, key);
    this.#expect("OpenSSL", each, answer);
  }

  #opensslKey(publicKey: Uint8Array): KeyObject | undefined {
    const known = this.#keys.get(publicKey);
    if (known !== undefined || !sm2.isValidPublicKey(publicKey)) return known;
    const key = opensslPublicKey(publicKey);
    this.#keys.set(publicKey, key);
    return key;
  }

  /** sm-crypto, on valid signatures: on others it is known to err. */
  checkSmCrypto(each: FastCase): void {
    if (!each.valid) return;
    this.#count("sm-crypto");
    const [signature, key] = [each.signature, each.publicKey].map(bytesToHex) as [string, string];
    const digest = Array.from(each.digest);
    const answer = smCrypto.sm2.doVerifySignature(digest, signature, key, { hash: false });
    this.#expect("sm-crypto", each, answer);
  }

  #count(what: string): void {
    this.seen[what] = (this.seen[what] ?? 0) + 1;
  }

  #expect(who: string, each: FastCase, answer: boolean): void {
    if (answer === each.valid) return;
    const [s, e, k] = [each.signature, each.digest, each.publicKey].map(bytesToHex);
    throw new Error(`${who} differs on ${each.kind}: signature ${s} digest ${e} key ${k}`);
  }
}
