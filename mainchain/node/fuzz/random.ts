/** A stream of numbers that one seed decides: a failing case is found again by its seed and number. */
export interface Random {
  /** 0 ≤ n < `below` */
  int(below: number): number;
  bytes(length: number): Uint8Array;
  pick<T>(from: readonly T[]): T;
}

/** xoshiro128** seeded by splitmix32; of no cryptographic worth. */
export function createRandom(seed: number): Random {
  let mixed = seed >>> 0;
  const splitmix = (): number => {
    mixed = (mixed + 0x9e37_79b9) >>> 0;
    let z = mixed;
    z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let [a, b, c, d] = [splitmix(), splitmix(), splitmix(), splitmix()];
  const rotate = (x: number, by: number): number => ((x << by) | (x >>> (32 - by))) >>> 0;
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5) >>> 0, 7), 9) >>> 0;
    const t = (b << 9) >>> 0;
    c = (c ^ a) >>> 0;
    d = (d ^ b) >>> 0;
    b = (b ^ c) >>> 0;
    a = (a ^ d) >>> 0;
    c = (c ^ t) >>> 0;
    d = rotate(d, 11);
    return result;
  };
  const random: Random = {
    int: (below) => next() % below,
    bytes: (length) => Uint8Array.from({ length }, () => next() & 255),
    pick<T>(from: readonly T[]): T {
      const found = from[random.int(from.length)];
      if (found === undefined) throw new Error("nothing to pick from");
      return found;
    },
  };
  return random;
}
