/** sfc32, seeded: good enough to drive schedules, the same on every machine. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(seed: number, stream = "") {
    let mixed = seed >>> 0;
    for (const letter of stream) {
      mixed = Math.imul(mixed ^ (letter.codePointAt(0) ?? 0), 0x9e3779b1) >>> 0;
      mixed = (mixed ^ (mixed >>> 15)) >>> 0;
    }
    this.#a = mixed;
    this.#b = Math.imul(seed ^ 0x5bd1e995, 0x85ebca6b) >>> 0;
    this.#c = 0xc2b2ae35;
    for (let turn = 0; turn < 12; turn += 1) this.#step();
  }

  #step(): number {
    const result = (((this.#a + this.#b) | 0) + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** in [0, 1) */
  next(): number {
    return this.#step() / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** in 0 … limit − 1 */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** `from` ≤ result < `to`, an integer */
  between(from: number, to: number): number {
    return from + this.below(to - from);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.map(() => left.splice(this.below(left.length), 1)[0] as T);
  }
}
