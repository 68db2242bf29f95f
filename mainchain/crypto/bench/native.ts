import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The verification kernel as native code: its AssemblyScript sources, which keep to what C can say, rewritten
 * line by line and compiled. So the comparison is of WebAssembly with machine code, not of two algorithms.
 */
const FILES = ["words", "products", "field", "point", "table", "verify"] as const;

const PRELUDE = `#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
typedef int8_t i8; typedef uint8_t u8; typedef int32_t i32; typedef uint32_t u32;
typedef int64_t i64; typedef uint64_t u64; typedef uintptr_t usize; typedef intptr_t isize;
#define LOAD(T, a, ...) (*(const T *)((a) + (0, ##__VA_ARGS__)))
#define STORE(T, a, v, ...) (*(T *)((a) + (0, ##__VA_ARGS__)) = (T)(v))
#define memory_copy(to, from, n) memmove((void *)(to), (const void *)(from), n)
#define memory_fill(to, byte, n) memset((void *)(to), byte, n)
#define bswap_u32(x) __builtin_bswap32(x)
#define ctz_usize(x) ((usize)__builtin_ctzll(x))
`;

const MAIN = `
static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}
int main(int argc, char **argv) {
  int count = atoi(argv[1]), runs = atoi(argv[2]), bad = 0;
  u8 *items = malloc((size_t)count * 161);
  if (fread(items, 161, count, stdin) != (size_t)count) return 1;
  usize table = (usize)aligned_alloc(16, 9216);
  for (int run = 0; run <= runs; run++) {
    double start = seconds();
    for (int i = 0; i < count; i++) {
      memcpy((void *)INPUT, items + 161 * i, 161);
      bad += verifyFresh() != 1;
    }
    double fresh = count / (seconds() - start);
    memcpy((void *)INPUT, items, 161);
    prepareKey(table);
    start = seconds();
    for (int i = 0; i < 4 * count; i++) bad += verifyPrepared(table) != 1;
    double cached = 4 * count / (seconds() - start);
    if (run > 0) printf("%f %f\\n", fresh, cached);
  }
  return bad ? 2 : 0;
}
`;

const parameters = (text: string): string =>
  text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "")
    .map((each) => each.replace(/^(\w+): (\w+)$/, "$2 $1"))
    .join(", ") || "void";

function data(source: string): string {
  return source
    .replace(
      /^(?:export )?const (\w+)(?:: usize)? = memory\.data<(\w+)>\(\[([\s\S]*?)\](?:, \d+)?\);/gm,
      "static const $2 $1_data[] = {$3};\n#define $1 ((usize)$1_data)",
    )
    .replace(
      /^(?:export )?const (\w+)(?:: usize)? = memory\.data\((.*?)(?:, (?:8|16))?\);/gm,
      "static u8 $1_data[$2] __attribute__((aligned(16)));\n#define $1 ((usize)$1_data)",
    );
}

function expressions(source: string): string {
  return source
    .replace(
      /\b(load|store)<(\w+)>\(/g,
      (_, what: string, type: string) => `${what.toUpperCase()}(${type}, `,
    )
    .replace(/\b(bswap|ctz)<(\w+)>\(/g, "$1_$2(")
    .replace(/\bmemory\.(copy|fill)\(/g, "memory_$1(")
    .replace(/\bdouble\(/g, "doublePoint(")
    .replace(/<(i8|u8|i32|u32|i64|u64|usize|isize)>/g, "($1)");
}

function declarations(source: string): string {
  return source
    .replace(/^export function heapBase[\s\S]*?^}\n/m, "")
    .replace(
      /(?:@inline\n)?(?:export )?function (\w+)\(([^)]*)\): (\w+) \{/g,
      (_, name: string, list: string, type: string) =>
        `static ${type} ${name}(${parameters(list)}) {`,
    )
    .replace(/^(?:export )?const ([A-Z]\w*): (\w+) = (.*);/gm, "#define $1 (($2)($3))")
    .replace(/^let (\w+) = (true|false);/gm, "static bool $1 = $2;")
    .replace(/\b(?:let|const) (\w+): (\w+)( =|;)/g, "$2 $1$3")
    .replace(/\b(?:let|const) (\w+) =/g, "__auto_type $1 =");
}

/** Functions may be used above where they stand. */
function prototypes(c: string): string {
  return [...c.matchAll(/^(static \w+ \w+\([^)]*\)) \{/gm)]
    .map(([, head]) => `${head};`)
    .join("\n");
}

function toC(file: (typeof FILES)[number]): string {
  const path = new URL(`../assembly/${file}.ts`, import.meta.url);
  const source = readFileSync(path, "utf8")
    .replace(/^import [\s\S]*?;\n/gm, "")
    .replace(/^export \{[\s\S]*?;\n/gm, "");
  const own = [...source.matchAll(/^const ([A-Z]\w*)/gm)].map(([, name]) => `#undef ${name}`);
  const c = declarations(expressions(data(source)));
  return `${prototypes(c)}\n${c}\n${own.join("\n")}\n`;
}

export interface NativeKernel extends Disposable {
  /** Verifications per second over the items: with fresh keys, and with one prepared key. */
  readonly rates: () => { readonly fresh: number; readonly cached: number };
}

/** The native kernel for `items` (r‖s, e, key: 161 bytes each), or undefined without a C compiler. */
export function buildNative(items: readonly Uint8Array[]): NativeKernel | undefined {
  const folder = mkdtempSync(join(tmpdir(), "sm-native-"));
  const remove = (): void => rmSync(folder, { recursive: true });
  const source = join(folder, "kernel.c");
  const binary = join(folder, "kernel");
  writeFileSync(source, PRELUDE + FILES.map(toC).join("\n") + MAIN);
  // Left to itself gcc vectorises the 64-bit products, which halves their speed.
  const flags = ["-O2", "-fno-tree-vectorize", "-fno-strict-aliasing", "-fwrapv", "-w"];
  const built = spawnSync("cc", [...flags, "-o", binary, source], { encoding: "utf8" });
  if (built.error !== undefined) {
    remove();
    return undefined;
  }
  if (built.status !== 0) throw new Error(`cc: ${built.stderr}`);
  const input = Buffer.concat(items);
  return {
    rates: () => {
      const { status, stdout } = spawnSync(binary, [String(items.length), "1"], {
        input,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(`native kernel: exit ${status}`);
      const [fresh, cached] = stdout.trim().split(" ").map(Number) as [number, number];
      return { fresh, cached };
    },
    [Symbol.dispose]: remove,
  };
}
