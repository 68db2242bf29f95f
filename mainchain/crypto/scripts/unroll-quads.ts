/**
 * Writes out assembly/quad/products.ts: products of four pairs of elements at once, one in each 32-bit lane of a
 * vector, with their Montgomery reduction, as straight-line code. docs/crypto.md §3 explains the columns.
 */

const LIMBS = 20;
const PAIRS = LIMBS / 2;
const BITS = 13;
/** R = 2^273: one digit more than limbs, so that a product's size hardly depends on its factors. */
const DIGITS = LIMBS + 1;
const HALF = 1 << (BITS - 1);

const range = (length: number, from = 0): readonly number[] =>
  Array.from({ length }, (_, index) => from + index);

const isDigit = (j: number): boolean => j >= 0 && j < DIGITS;

/** m·2^64 falls on bit 12 of limb 4, −m·2^96 on bit 5 of limb 7; the other half of p is −2^160 times these. */
const isPartial = (j: number): boolean => j >= 0 && j < DIGITS + 3;

/** What the digits' offset of HALF adds to partial(j). */
const offsetOf = (j: number): number =>
  HALF * ((isDigit(j) ? 1 << 12 : 0) - (isDigit(j - 3) ? 1 << 5 : 0));

function constantOf(column: number): number {
  const near = isPartial(column - 4) ? offsetOf(column - 4) : 0;
  const far = isPartial(column - 16) ? offsetOf(column - 16) * 16 : 0;
  return (HALF - near + far) | 0;
}

const constants: number[] = [];

function slotOf(constant: number): number {
  if (!constants.includes(constant)) constants.push(constant);
  return constants.indexOf(constant);
}

function partial(j: number): string[] {
  const own = isDigit(j) ? `i32x4.shl(m${j}, 12)` : "";
  const below = isDigit(j - 3) ? `i32x4.shl(m${j - 3}, 5)` : "";
  if (own === "") return [`  const w${j} = i32x4.neg(${below});`];
  return [`  const w${j} = ${below === "" ? own : `i32x4.sub(${own}, ${below})`};`];
}

const sumOf = (terms: readonly string[]): string =>
  terms.reduce((sum, term) => `i32x4.add(${sum}, ${term})`);

const dot = (a: string, b: string): string => `i32x4.dot_i16x8_s(${a}, ${b})`;

/** Pairs of limbs that meet in a column: those of a as they are, those of b turned round. */
function meetings(column: number): readonly (readonly [number, string])[] {
  const half = column >> 1;
  const odd = column % 2 === 1;
  return range(PAIRS)
    .map((k) => [k, half - k] as const)
    .filter(([, j]) => j >= 0 && j <= (odd ? PAIRS - 1 : PAIRS))
    .map(([k, j]) => [k, `${odd ? "s" : "x"}${j}`] as const);
}

const productTerms = (column: number): string[] =>
  meetings(column).map(([k, b]) => dot(`a${k}`, b));

/**
 * Each a_i·a_j once, doubled: d = (2a, 2a). In the middle, where a pair meets itself or the one beside it, the doubled
 * products come half from each side: h = (2a, a).
 */
function squareTerms(column: number): string[] {
  return meetings(column).flatMap(([k, b]) => {
    const below = column - 4 * k;
    if (below < 0) return [];
    if (below < 2) return [dot(`a${k}`, b)];
    return [dot(`${below === 2 || below === 4 ? "h" : "d"}${k}`, b)];
  });
}

function turned(name: string): string[] {
  const blend = (j: number): string => {
    const low = j < PAIRS ? `${name}${j}` : "ZERO";
    const high = j > 0 ? `${name}${j - 1}` : "ZERO";
    return `  const x${j} = v128.shuffle<u16>(${low}, ${high}, 0, 9, 2, 11, 4, 13, 6, 15);`;
  };
  return [
    ...range(PAIRS).map(
      (j) => `  const s${j} = v128.shuffle<u16>(${name}${j}, ${name}${j}, 1, 0, 3, 2, 5, 4, 7, 6);`,
    ),
    ...range(PAIRS + 1).map(blend),
  ];
}

const loads = (name: string): string[] =>
  range(PAIRS).map((k) => `  const ${name}${k} = v128.load(${name}, ${16 * k});`);

function column(
  index: number,
  terms: (column: number) => readonly string[],
  subtrahend?: string,
): string {
  const all = [...terms(index)];
  all.push(`v128.load(CONSTANTS, ${16 * slotOf(constantOf(index))})`);
  if (isPartial(index - 4)) all.push(`w${index - 4}`);
  let sum = sumOf(all);
  if (isPartial(index - 16)) sum = `i32x4.sub(${sum}, i32x4.shl(w${index - 16}, 4))`;
  if (subtrahend !== undefined) sum = `i32x4.sub(${sum}, ${subtrahend})`;
  return index > 0 ? `i32x4.add(${sum}, c)` : sum;
}

function reduction(terms: (column: number) => readonly string[]): string[] {
  const digits = range(DIGITS).flatMap((j) => [
    `  t = ${column(j, terms)};`,
    `  c = i32x4.shr_s(t, ${BITS});`,
    `  const m${j} = v128.and(t, MASK);`,
    ...partial(j),
  ]);
  const tail = range(3, DIGITS).flatMap(partial);
  const limbs = range(PAIRS).flatMap((k) => {
    const low = DIGITS + 2 * k;
    const last = k === PAIRS - 1;
    return [
      `  t = ${column(low, terms, limbOf(2 * k))};`,
      `  c = i32x4.shr_s(t, ${BITS});`,
      ...(last
        ? [
            `  low = i16x8.sub(v128.and(t, MASK), HALVES);`,
            `  t = i32x4.sub(c, ${limbOf(LIMBS - 1)});`,
            `  v128.store(out, v128.shuffle<u16>(low, i32x4.shl(t, 16), 0, 9, 2, 11, 4, 13, 6, 15), ${16 * k});`,
          ]
        : [
            "  low = v128.and(t, MASK);",
            `  t = ${column(low + 1, terms, limbOf(2 * k + 1))};`,
            `  c = i32x4.shr_s(t, ${BITS});`,
            `  v128.store(out, i16x8.sub(v128.or(low, i32x4.shl(v128.and(t, MASK), 16)), HALVES), ${16 * k});`,
          ]),
    ];
  });
  return ["  let t: v128;", "  let c: v128;", "  let low: v128;", ...digits, ...tail, ...limbs];
}

const limbOf = (limb: number): string => {
  const pair = `v128.load(s, ${16 * (limb >> 1)})`;
  return limb % 2 === 1 ? `i32x4.shr_s(${pair}, 16)` : `i32x4.shr_s(i32x4.shl(${pair}, 16), 16)`;
};
function productFunction(): string[] {
  return [
    "/** out = a·b/R − s. Weights a·b ≤ 5.5. */",
    "export function mulSub(out: usize, a: usize, b: usize, s: usize): void {",
    ...prologue(),
    ...loads("a"),
    ...loads("b"),
    ...turned("b"),
    ...reduction(productTerms),
    "}",
    "",
  ];
}

function squareFunction(): string[] {
  return [
    "/** out = a²/R − s. Weight of a ≤ 2.3. */",
    "export function sqrSub(out: usize, a: usize, s: usize): void {",
    ...prologue(),
    ...loads("a"),
    ...turned("a"),
    ...range(PAIRS).map((k) => `  const d${k} = i16x8.shl(a${k}, 1);`),
    ...range(PAIRS).map(
      (k) => `  const h${k} = v128.shuffle<u16>(d${k}, a${k}, 0, 9, 2, 11, 4, 13, 6, 15);`,
    ),
    ...reduction(squareTerms),
    "}",
    "",
  ];
}

const prologue = (): string[] => [
  "  const ZERO = i32x4.splat(0);",
  "  const MASK = v128.load(MASKS);",
  "  const HALVES = v128.load(HALVES_DATA);",
];

/** The text of assembly/quad/products.ts. */
export function unrollQuads(): string {
  const functions = [...productFunction(), ...squareFunction()];
  const four = (value: number): string => `${value}, ${value}, ${value}, ${value}`;
  return [
    "// Written by scripts/unroll-quads.ts. Do not edit.",
    "",
    `const CONSTANTS = memory.data<i32>([\n${constants.map((each) => `  ${four(each)},`).join("\n")}\n], 16);`,
    `const MASKS = memory.data<i32>([${four((1 << BITS) - 1)}], 16);`,
    `const HALVES_DATA = memory.data<i32>([${four((HALF << 16) | HALF)}], 16);`,
    "",
    ...functions,
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}
