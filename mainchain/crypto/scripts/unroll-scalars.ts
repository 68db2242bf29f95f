/**
 * Writes out assembly/secret/scalar-products.ts: Montgomery multiplication modulo the group's order n, eight
 * 32-bit words in u64 arithmetic, as straight-line code: no branch, no index, no division depends on a value.
 */

const WORDS = 8;
const N = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
const RADIX = 1n << 32n;

const range = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);

function negatedInverse(value: bigint): bigint {
  let inverse = 1n;
  for (let bits = 1; bits < 32; bits *= 2) inverse = (inverse * (2n - value * inverse)) % RADIX;
  return ((-inverse % RADIX) + RADIX) % RADIX;
}

const orderWord = (index: number): string =>
  `0x${((N >> BigInt(32 * index)) % RADIX).toString(16).padStart(8, "0")}`;

/** t += a·b_i; t = (t + m·n) / 2^32 with the m that clears the lowest word. */
function row(i: number): string[] {
  const product = range(WORDS).flatMap((j) => [
    `  t = a${j} * b${i}${i === 0 ? "" : ` + t${j}`}${j === 0 ? "" : " + c"};`,
    `  ${i === 0 ? "let " : ""}t${j}${i === 0 ? ": u64" : ""} = t & MASK;`,
    "  c = t >> 32;",
  ]);
  const reduction = range(WORDS).flatMap((j) => [
    `  t = m * ${orderWord(j)} + t${j}${j === 0 ? "" : " + c"};`,
    ...(j === 0 ? [] : [`  t${j - 1} = t & MASK;`]),
    "  c = t >> 32;",
  ]);
  return [
    `  const b${i}: u64 = load<u32>(right, ${4 * i});`,
    ...product,
    i === 0 ? "  let t8: u64 = c;" : "  t8 += c;",
    "  m = (t0 * FACTOR) & MASK;",
    ...reduction,
    "  t = t8 + c;",
    "  t7 = t & MASK;",
    "  t8 = t >> 32;",
  ];
}

/** The text of assembly/secret/scalar-products.ts. */
export function unrollScalars(): string {
  return [
    "// Written by scripts/unroll-scalars.ts. Do not edit.",
    "",
    "const MASK: u64 = 0xffffffff;",
    "/** −1/n mod 2^32 */",
    `const FACTOR: u64 = 0x${negatedInverse(N % RADIX).toString(16)};`,
    "",
    "/** out = a·b/2^256 mod n, below n, for a·b < 2^256·n. */",
    "export function multiplyScalars(out: usize, left: usize, right: usize): void {",
    ...range(WORDS).map((i) => `  const a${i}: u64 = load<u32>(left, ${4 * i});`),
    "  let t: u64;",
    "  let c: u64;",
    "  let m: u64;",
    ...range(WORDS).flatMap(row),
    "  // The value is below 2n: subtract n, and add it back where that went below 0.",
    "  let borrow: i64 = 0;",
    ...range(WORDS).flatMap((i) => [
      `  borrow += <i64>t${i} - ${orderWord(i)};`,
      `  const d${i}: u64 = <u64>borrow & MASK;`,
      "  borrow >>= 32;",
    ]),
    "  const keep: u64 = <u64>((borrow + <i64>t8) >> 63);",
    ...range(WORDS).map(
      (i) => `  store<u32>(out, <u32>(d${i} ^ ((d${i} ^ t${i}) & keep)), ${4 * i});`,
    ),
    "}",
    "",
  ].join("\n");
}
