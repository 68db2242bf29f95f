import { beforeAll, describe, expect, test } from "vitest";
import { compileKernel } from "../scripts/compile-kernel.ts";
import { instanceMaker, type WasmMemory } from "../src/kernel/instantiate.ts";
import { P } from "../src/sm2/curve.ts";
import { SeededBytes } from "./sm2/fuzz-cases.ts";

/** Both kinds of products against bigints, where limbs and weights are as large as docs/crypto.md §3 allows. */

const SOURCE = `
import * as one from "./products";
import * as four from "./quad/products";
const BUFFER = memory.data(1024, 16);
const OUT: usize = BUFFER;
const A: usize = BUFFER + 160;
const B: usize = BUFFER + 320;
const C: usize = BUFFER + 480;
const D: usize = BUFFER + 640;
export function buffer(): usize { return BUFFER; }
export function mul(): void { one.mul(OUT, A, B); }
export function mulSub(): void { one.mulSub(OUT, A, B, C); }
export function mulSubEightSquares(): void { one.mulSubEightSquares(OUT, A, B, C); }
export function mulSubMul(): void { one.mulSubMul(OUT, A, B, C, D); }
export function sqr(): void { one.sqr(OUT, A); }
export function sqrSub(): void { one.sqrSub(OUT, A, C); }
export function sqrSub8(): void { one.sqrSub8(OUT, A, C); }
export function mulSubOfFour(): void { four.mulSub(OUT, A, B, C); }
export function sqrSubOfFour(): void { four.sqrSub(OUT, A, C); }
`;

type Values = readonly [a: bigint, b: bigint, c: bigint, d: bigint];

interface Field {
  readonly bits: number;
  readonly limbs: number;
  readonly lanes: number;
  readonly r: bigint;
  readonly read: (view: DataView, at: number, limb: number, lane: number) => number;
  readonly write: (view: DataView, at: number, limb: number, lane: number, value: number) => void;
}

const nine: Field = {
  bits: 29,
  limbs: 9,
  lanes: 1,
  r: 1n << 261n,
  read: (view, at, limb) => view.getInt32(at + 4 * limb, true),
  write: (view, at, limb, _, value) => view.setInt32(at + 4 * limb, value, true),
};
const placeOf = (at: number, limb: number, lane: number): number =>
  at + 16 * (limb >> 1) + 4 * lane + 2 * (limb & 1);
const twenty: Field = {
  bits: 13,
  limbs: 20,
  lanes: 4,
  r: 1n << 273n,
  read: (view, at, limb, lane) => view.getInt16(placeOf(at, limb, lane), true),
  write: (view, at, limb, lane, value) => view.setInt16(placeOf(at, limb, lane), value, true),
};

const r9 = nine.r;
const r20 = twenty.r;
const cases: readonly {
  readonly name: string;
  readonly field: Field;
  /** of a, b, c, d, as large as any formula has them */
  readonly weights: readonly number[];
  /** what R times the result must be, mod p */
  readonly formula: (values: Values) => bigint;
}[] = [
  { name: "mul", field: nine, weights: [6, 2], formula: ([a, b]) => a * b },
  { name: "mulSub", field: nine, weights: [2, 7, 7], formula: ([a, b, c]) => a * b - c * r9 },
  {
    name: "mulSubEightSquares",
    field: nine,
    weights: [1, 5, 1],
    formula: ([a, b, c]) => a * b - 8n * c * c,
  },
  {
    name: "mulSubMul",
    field: nine,
    weights: [2, 5, 2, 2],
    formula: ([a, b, c, d]) => a * b - c * d,
  },
  { name: "sqr", field: nine, weights: [3], formula: ([a]) => a * a },
  { name: "sqrSub", field: nine, weights: [3, 0, 7], formula: ([a, , c]) => a * a - c * r9 },
  { name: "sqrSub8", field: nine, weights: [3, 0, 1], formula: ([a, , c]) => a * a - 8n * c * r9 },
  {
    name: "mulSubOfFour",
    field: twenty,
    weights: [1.001, 5, 7.9],
    formula: ([a, b, c]) => a * b - c * r20,
  },
  {
    name: "sqrSubOfFour",
    field: twenty,
    weights: [2, 0, 7.9],
    formula: ([a, , c]) => a * a - c * r20,
  },
];

const mod = (value: bigint): bigint => ((value % P) + P) % P;

type Exports = Readonly<Record<string, () => number>> & { readonly memory: WasmMemory };

describe("products", () => {
  let exports: Exports;
  let view: DataView;
  const random = new SeededBytes("products.test");

  beforeAll(async () => {
    const { binary } = await compileKernel("products-test.ts", SOURCE);
    const instantiate = instanceMaker<Exports>(Buffer.from(binary).toString("base64"));
    exports = instantiate();
    view = new DataView(exports.memory.buffer);
  }, 120_000);

  /** All at one end, all at the other, ends by turns, ends by chance, or anything between. */
  function limb(style: number, most: number, index: number): number {
    const end = [-most, most - 1] as const;
    if (style < 2) return end[style] as number;
    if (style === 2) return end[index & 1] as number;
    if (style === 3) return end[random.below(2)] as number;
    return random.below(2 * most) - most;
  }

  /** Every limb of an operand; the highest as small as sizes are, below 7·2^256. */
  function fill(field: Field, place: number, weight: number, style: number): void {
    const most = Math.max(1, Math.floor(weight * 2 ** (field.bits - 1)));
    const highest = Math.min(most, 7 * 2 ** (256 - field.bits * (field.limbs - 1)));
    for (let lane = 0; lane < field.lanes; lane += 1) {
      for (let index = 0; index < field.limbs; index += 1) {
        const value = limb(style, index === field.limbs - 1 ? highest : most, index + lane);
        field.write(view, place, index, lane, value);
      }
    }
  }

  function limbsAt(field: Field, place: number, lane: number): number[] {
    return Array.from({ length: field.limbs }, (_, index) => field.read(view, place, index, lane));
  }

  const numberOf = (field: Field, limbs: readonly number[]): bigint =>
    limbs.reduceRight((value, each) => (value << BigInt(field.bits)) + BigInt(each), 0n);

  test.each(cases)("$name is right at the ends of its weights, and centred", (each) => {
    const { field, weights, formula } = each;
    const at = (exports["buffer"] as () => number)();
    const half = 2 ** (field.bits - 1);
    for (let round = 0; round < 5 ** 4; round += 1) {
      for (const [operand, weight] of weights.entries()) {
        fill(field, at + 160 * (operand + 1), weight, Math.floor(round / 5 ** operand) % 5);
      }
      (exports[each.name] as () => number)();
      for (let lane = 0; lane < field.lanes; lane += 1) {
        const [out, ...operands] = [0, 1, 2, 3, 4].map((slot) =>
          limbsAt(field, at + 160 * slot, lane),
        ) as [number[], ...number[][]];
        const values = operands.map((limbs) => numberOf(field, limbs)) as unknown as Values;
        expect(mod(numberOf(field, out) * field.r)).toBe(mod(formula(values)));
        const low = out.slice(0, -1);
        expect(Math.min(...low)).toBeGreaterThanOrEqual(-half);
        expect(Math.max(...low)).toBeLessThan(half);
      }
    }
  });
});
