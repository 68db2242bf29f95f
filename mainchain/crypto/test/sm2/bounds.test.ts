import { describe, expect, test } from "vitest";

/**
 * How large the values in the kernel's formulas can become, by interval arithmetic: docs/crypto.md §3. A size is an
 * upper bound in units of 2^256; a walk is followed until its sizes no longer grow.
 */
type Sizes = readonly [x: number, y: number, z: number];

const largest = (...states: readonly Sizes[]): Sizes =>
  [0, 1, 2].map((at) =>
    Math.max(...states.map((state) => state[at] as number)),
  ) as unknown as Sizes;

/** Table entries that are affine leave a product. */
const AFFINE = 0.75;

describe("one signature at a time: nine limbs, R = 2^261", () => {
  // a·b/R + M·p/R with |M| ≤ R/2.
  const product = (a: number, b: number): number => (a * b) / 32 + 0.5;

  function double([x, y, z]: Sizes): Sizes {
    const [delta, gamma] = [product(z, z), product(y, y)];
    const m = product(3 * (x + delta), x + delta);
    const beta = product(x, gamma);
    const doubledX = product(m, m) + 8 * beta;
    const doubledY = (m * (4 * beta + doubledX) + 8 * gamma * gamma) / 32 + 0.5;
    return [doubledX, doubledY, product(y + z, y + z) + gamma + delta];
  }

  /** p + q, with q's Z², Z³; what of H can be 0 mod p, times Z. */
  function add(
    [x, y, z]: Sizes,
    [qx, qy, qz]: Sizes,
    wide: boolean,
  ): { sum: Sizes; zOfZero: number } {
    const square = wide ? product(qz, qz) : 1;
    const u = wide ? product(x, square) : x;
    const s = wide ? product(y, product(square, qz)) : y;
    const z2 = product(z, z);
    const h = product(qx, z2) + u;
    const r = product(qy, product(z2, z)) + s;
    const bothZ = wide ? product(z, qz) : z;
    const [h2, v] = [product(h, h), product(u, product(h, h))];
    const h3 = product(h2, h);
    const sumX = product(r, r) + h3 + 2 * v;
    const sumY = (r * (v + sumX) + s * h3) / 32 + 0.5;
    // If H is 0 mod p it is a multiple of p, and no multiple but the whole ones.
    return { sum: [sumX, sumY, product(bothZ, h)], zOfZero: bothZ * Math.floor(h) };
  }

  function oddMultiples(): Sizes {
    let z = 2 * AFFINE;
    const m = product(3 * (product(AFFINE, AFFINE) + 1), 1);
    let entry = [
      product(AFFINE, product(z, z)),
      product(product(z, z), 2 * product(AFFINE, AFFINE)),
    ];
    let [px, py] = entry as [number, number];
    const twiceX = product(m, m) + 2 * px;
    let twice = [twiceX, product(m, px + twiceX) + py];
    let all: Sizes = [px, py, z];
    for (let index = 1; index < 8; index += 1) {
      [px, py] = twice as [number, number];
      const [qx, qy] = entry as [number, number];
      const [factor, r] = [px + qx, py + qy];
      const c = product(factor, factor);
      const [w1, w2] = [product(px, c), product(qx, c)];
      const a = product(py, w1 + w2);
      const sumX = product(r, r) + w1 + w2;
      entry = [sumX, product(r, w1 + sumX) + a];
      twice = [w1, a];
      z = product(z, factor);
      all = largest(all, [entry[0] as number, entry[1] as number, z]);
    }
    return all;
  }

  test("sizes come to rest, and a Z that should be 0 is 0 in every limb", () => {
    const wide = oddMultiples();
    const affine: Sizes = [AFFINE, AFFINE, 1];
    let state = largest(wide, affine);
    let zOfZero = 0;
    for (let step = 0; step < 1000; step += 1) {
      const doubled = double(state);
      const [first, second] = [add(doubled, affine, false), add(doubled, wide, true)];
      const third = add(first.sum, affine, false);
      const more = [third, add(second.sum, affine, false), add(third.sum, affine, false)];
      zOfZero = Math.max(zOfZero, ...[first, second, ...more].map((each) => each.zOfZero));
      state = largest(state, doubled, first.sum, second.sum, ...more.map(({ sum }) => sum));
    }
    const again = largest(state, double(state));
    expect(again.map((size) => size.toFixed(3))).toEqual(state.map((size) => size.toFixed(3)));
    // Then M = −Z·H/p exactly, as that is less than R/2 = 16·2^256: the product is 0 and not ±p.
    expect(zOfZero).toBeLessThan(15.9);
    for (const size of state) expect(size).toBeLessThan(7);
    // Columns: 9·Σ weights, in units of 2^56, and below 2 of digits and carries; 2^63 is 128.
    for (const weights of [6 * 2, 1 * 5 + 8 * 1, 2 * 1 + 1 * 1]) {
      expect(9 * weights + 2).toBeLessThan(128);
    }
  });
});

describe("four at a time: twenty limbs, R = 2^273", () => {
  const product = (a: number, b: number): number => (a * b) / 2 ** 17 + 0.5;

  test("sizes come to rest within what the highest limb holds, and columns fit", () => {
    let [x, y, z] = [AFFINE, AFFINE, 1];
    for (let step = 0; step < 100; step += 1) {
      const [delta, gamma] = [product(z, z), product(y, y)];
      const m = 3 * product(x + delta, x + delta);
      const beta = product(x, gamma);
      const doubledX = product(m, m) + 8 * beta;
      const doubledY = product(m, 4 * beta + doubledX) + 8 * product(gamma, gamma);
      const doubledZ = product(y + z, y + z) + gamma + delta;
      // Additions: X' = R² − H³ − 2V, Y' = R(V − X') − Y₁H³, Z' = ZH.
      [x, y, z] = [Math.max(doubledX, 2.1), Math.max(doubledY, 1.1), Math.max(doubledZ, 1)];
    }
    const largestSize = Math.max(x, y, z, 4 * 0.51 + x);
    // The highest of the twenty limbs counts in 2^247 and has 16 bits.
    expect(largestSize).toBeLessThan(7);
    expect(largestSize * 2 ** 9 + 8).toBeLessThan(2 ** 12);
    // In units of 2^24: products, the digits' share w + 16w with |w| ≤ 2^24·1.01, and carries; 2^31 is 128.
    for (const weights of [2 * 2, 1.001 * 5, 1.001 ** 2]) {
      expect(20 * weights + 17 * 1.01 + 0.1).toBeLessThan(128);
    }
    // Three times a difference of weight 2, and the half that rounds, in 16 bits.
    expect(3 * 2 * 2 ** 12 + 2 ** 12).toBeLessThan(2 ** 15);
  });
});
