/**
 * Writes out assembly/products.ts: the products of two 9-limb elements with their Montgomery reduction,
 * column by column, as straight-line code. docs/crypto.md §3 explains the columns.
 */

const LIMBS = 9;

type Columns = (column: number) => readonly string[];
type Subtrahend = (limb: number) => string;

const range = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);

function loads(name: string): string[] {
  return range(LIMBS).map((i) => `  const ${name}${i}: i64 = load<i32>(${name}, ${4 * i});`);
}

/** Pairs i < j of limbs that meet in a column. */
function pairs(column: number): readonly (readonly [number, number])[] {
  return range(LIMBS)
    .map((i) => [i, column - i] as const)
    .filter(([i, j]) => j > i && j < LIMBS);
}

/** aᵢbⱼ + aⱼbᵢ = (aᵢ + aⱼ)(bᵢ + bⱼ) − aᵢbᵢ − aⱼbⱼ: 45 multiplications for 81, sums of aᵢbᵢ shared. */
const productColumns: Columns = (column) => {
  if (column === 0) return ["p0"];
  if (column === 2 * LIMBS - 2) return [`p${LIMBS - 1}`];
  const diagonals = column < LIMBS ? `low${column}` : `high${column - LIMBS + 1}`;
  const [first, ...rest] = pairs(column).map(([i, j]) => `(a${i} + a${j}) * (b${i} + b${j})`);
  const middle = column % 2 === 0 ? [`(p${column / 2} << 1)`] : [];
  return [`${first} - ${diagonals}`, ...rest, ...middle];
};

/** Eight times a square, taken away: f = 16g, e = 8g. */
const eightSquareColumns = (column: number): string[] => [
  ...pairs(column).map(([i, j]) => ` - f${i} * g${j}`),
  ...(column % 2 === 0 ? [` - e${column / 2} * g${column / 2}`] : []),
];

const squareColumns: Columns = (column) => [
  ...pairs(column).map(([i, j]) => `d${i} * a${j}`),
  ...(column % 2 === 0 ? [`a${column / 2} * a${column / 2}`] : []),
];

function diagonals(less: (limb: number) => string = () => ""): string[] {
  const last = LIMBS - 1;
  return [
    ...range(LIMBS).map((i) => `  const p${i} = a${i} * b${i}${less(i)};`),
    ...range(last).map((i) => `  const low${i + 1} = ${i === 0 ? "p0" : `low${i}`} + p${i + 1};`),
    ...range(last - 1).map((i) => {
      const limb = last - 1 - i;
      return `  const high${limb} = ${i === 0 ? `p${last}` : `high${limb + 1}`} + p${limb};`;
    }),
  ];
}

const doubles = (): string[] => range(LIMBS - 1).map((i) => `  const d${i} = a${i} << 1;`);

/**
 * v_j = (m_j − 8·m_(j−1))·2^6: what m·p = Σ m_j·2^(29j)·(2^256 − 2^224 − 2^96 + 2^64 − 1) adds two limbs above j, and
 * times −2^15 seven above.
 */
function partial(j: number): string[] {
  if (j === LIMBS) return [`  const v${j}: i64 = -(m${j - 1} << 9);`];
  const below = j === 0 ? "" : ` - (m${j - 1} << 9)`;
  return [`  const v${j}: i64 = (m${j} << 6)${below};`];
}

/** One column: products, what of m·p falls here, and last the carry, which it waits for. */
function column(index: number, columns: Columns, subtrahend: string, centred: boolean): string {
  const there = (back: number): boolean => index - back >= 0 && index - back <= LIMBS;
  let sum = columns(index).join(" + ");
  if (there(7)) sum += ` - (v${index - 7} << 15)`;
  sum += subtrahend;
  if (centred) sum += " + HALF";
  if (there(2)) sum += ` + v${index - 2}`;
  return index > 0 ? `${sum} + carry` : sum;
}

function reduction(columns: Columns, subtrahend: Subtrahend): string[] {
  // Only the highest digit is centred: it alone decides between which bounds m lies.
  const digits = range(LIMBS).flatMap((i) => [
    `  t = ${column(i, columns, "", i === LIMBS - 1)};`,
    "  carry = t >> BITS;",
    `  const m${i}: i64 = ${i === LIMBS - 1 ? "(t & MASK) - HALF" : "t & MASK"};`,
    ...partial(i),
    ...(i === LIMBS - 1 ? partial(LIMBS) : []),
  ]);
  const limbs = range(LIMBS - 1).flatMap((i) => [
    `  t = ${column(LIMBS + i, columns, subtrahend(i), true)};`,
    "  carry = t >> BITS;",
    `  store<i32>(out, <i32>((t & MASK) - HALF), ${4 * i});`,
  ]);
  const top = `  store<i32>(out, <i32>(carry${subtrahend(LIMBS - 1)}), ${4 * (LIMBS - 1)});`;
  return ["  let t: i64;", "  let carry: i64;", ...digits, ...limbs, top];
}

const subtrahends: readonly { suffix: string; formula: string; of: Subtrahend }[] = [
  { suffix: "", formula: "", of: () => "" },
  { suffix: "Sub", formula: " − s", of: (i) => ` - <i64>load<i32>(s, ${4 * i})` },
  { suffix: "Sub8", formula: " − 8s", of: (i) => ` - (<i64>load<i32>(s, ${4 * i}) << 3)` },
];

function productFunction(index: number): string[] {
  const { suffix, formula, of } = subtrahends[index] as (typeof subtrahends)[number];
  const parameter = suffix === "" ? "" : ", s: usize";
  return [
    `/** out = a·b/R${formula}. Weights a·b ≤ 14. */`,
    `export function mul${suffix}(out: usize, a: usize, b: usize${parameter}): void {`,
    ...loads("a"),
    ...loads("b"),
    ...diagonals(),
    ...reduction(productColumns, of),
    "}",
    "",
  ];
}

function squareFunction(index: number): string[] {
  const { suffix, formula, of } = subtrahends[index] as (typeof subtrahends)[number];
  const parameter = suffix === "" ? "" : ", s: usize";
  return [
    `/** out = a²/R${formula}. Weight of a ≤ 3. */`,
    `export function sqr${suffix}(out: usize, a: usize${parameter}): void {`,
    ...loads("a"),
    ...doubles(),
    ...reduction(squareColumns, of),
    "}",
    "",
  ];
}

/** One reduction for both: it is quicker, and its value smaller, than that of a product less eight times another. */
function productLessSquares(): string[] {
  const columns: Columns = (column) => [
    productColumns(column).join(" + ") + eightSquareColumns(column).join(""),
  ];
  return [
    "/** out = (a·b − 8g²)/R. Weights a·b ≤ 5, of g 1. */",
    "export function mulSubEightSquares(out: usize, a: usize, b: usize, g: usize): void {",
    ...loads("a"),
    ...loads("b"),
    ...loads("g"),
    ...diagonals(),
    ...range(LIMBS).map((i) => `  const e${i} = g${i} << 3;`),
    ...range(LIMBS - 1).map((i) => `  const f${i} = g${i} << 4;`),
    ...reduction(columns, () => ""),
    "}",
    "",
  ];
}

function productLessProduct(): string[] {
  const other = (column: number): string =>
    pairs(column)
      .map(([i, j]) => ` - (c${i} + c${j}) * (d${i} + d${j})`)
      .join("");
  const columns: Columns = (column) => [productColumns(column).join(" + ") + other(column)];
  return [
    "/** out = (a·b − c·d)/R. Weights a·b + c·d ≤ 14. */",
    "export function mulSubMul(out: usize, a: usize, b: usize, c: usize, d: usize): void {",
    ...["a", "b", "c", "d"].flatMap(loads),
    ...diagonals((i) => ` - c${i} * d${i}`),
    ...reduction(columns, () => ""),
    "}",
    "",
  ];
}

/** The text of assembly/products.ts. */
export function unrollProducts(): string {
  return [
    "// Written by scripts/unroll-products.ts. Do not edit.",
    "",
    "const BITS: i64 = 29;",
    "const MASK: i64 = (1 << 29) - 1;",
    "const HALF: i64 = 1 << 28;",
    "",
    ...range(2).flatMap(productFunction),
    ...range(3).flatMap(squareFunction),
    ...productLessSquares(),
    ...productLessProduct(),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}
