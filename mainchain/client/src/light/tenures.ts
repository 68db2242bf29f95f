import { bytesToHex, type Header, type ValidatorSet, validatorSetHash } from "@ropenet/protocol";

/** A set, the heights that it decides, and when it was last known to be the one. */
export interface Tenure {
  readonly validators: ValidatorSet;
  /** of `validators`, hex */
  readonly hash: string;
  /** 1 until the set before it is known */
  readonly first: bigint;
  /** undefined = no successor is known */
  readonly last: bigint | undefined;
  /** time of the latest header by which it was known to be the set; 0 = nobody said when */
  readonly knownMs: bigint;
}

/**
 * Believed sets, each for its own heights: one that has left may sign anything about the heights after it, and once
 * its stake is free nothing holds it to those before. Ascending, each beginning where the one before it ends.
 */
export class Tenures {
  readonly #limit: number;
  #all: readonly Tenure[];

  /** @param limit how many are kept; the oldest are forgotten first */
  constructor(anchor: ValidatorSet, knownMs: bigint, limit: number) {
    this.#limit = limit;
    this.#all = [tenureOf(anchor, 1n, undefined, knownMs)];
  }

  get size(): number {
    return this.#all.length;
  }

  get oldest(): Tenure {
    return this.#all[0] as Tenure;
  }

  get newest(): Tenure {
    return this.#all.at(-1) as Tenure;
  }

  /** The one whose height it is. */
  at(height: bigint): Tenure | undefined {
    return this.#all.findLast(({ first }) => first <= height);
  }

  /** The last that the set of `hash` had. */
  of(hash: string): Tenure | undefined {
    return this.#all.findLast((one) => one.hash === hash);
  }

  /** A checked header of the newest set. Whoever has left is not known again by what it signs. */
  renew(timeMs: bigint): void {
    const { newest } = this;
    if (timeMs > newest.knownMs)
      this.#all = [...this.#all.slice(0, -1), { ...newest, knownMs: timeMs }];
  }

  /** `naming`, a checked header of the newest set, is its last and names `next`. */
  succeed(next: ValidatorSet, naming: Header, timeMs: bigint): void {
    const closed: Tenure = { ...this.newest, last: naming.height, knownMs: timeMs };
    const opened = tenureOf(next, naming.height + 1n, undefined, timeMs);
    this.#all = [...this.#all.slice(0, -1), closed, opened].slice(-this.#limit);
  }

  /** `before`, on which the first block of the oldest set stands, is the last of `validators`. */
  precede(validators: ValidatorSet, before: Header, timeMs: bigint): void {
    const begun: Tenure = { ...this.oldest, first: before.height + 1n };
    const past = tenureOf(validators, 1n, before.height, timeMs);
    this.#all = [past, begun, ...this.#all.slice(1)].slice(-this.#limit);
  }
}

function tenureOf(
  validators: ValidatorSet,
  first: bigint,
  last: bigint | undefined,
  knownMs: bigint,
): Tenure {
  return { validators, hash: bytesToHex(validatorSetHash(validators)), first, last, knownMs };
}
