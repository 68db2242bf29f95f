import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compileKernel, KERNELS, kernelModule } from "../scripts/compile-kernel.ts";
import { unrollProducts } from "../scripts/unroll-products.ts";
import { unrollQuads } from "../scripts/unroll-quads.ts";
import { unrollScalars } from "../scripts/unroll-scalars.ts";

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

test("the unrolled products are what their scripts write", () => {
  expect(text("../assembly/products.ts")).toBe(unrollProducts());
  expect(text("../assembly/quad/products.ts")).toBe(unrollQuads());
  expect(text("../assembly/secret/scalar-products.ts")).toBe(unrollScalars());
});

test.each(KERNELS)(
  "src/generated/$file is what the compiler makes of assembly/",
  async (kernel) => {
    const { binary } = await compileKernel(kernel.entry);
    const made = kernelModule(kernel.constant, binary);
    expect(text(`../src/generated/${kernel.file}`)).toBe(made);
  },
  120_000,
);

// What a compiler makes of masks could still be a choice between two values, which an engine may branch on.
test("the kernel of secrets chooses nothing and divides nothing, but by public counts", async () => {
  const { text: wat } = await compileKernel("secret-index.ts");
  const functions = wat.split(/^ (?=\(func )/m).slice(1);
  expect(functions.length).toBeGreaterThan(30);
  const choosing = functions
    .filter((each) => /\b(select|br_table|i(32|64)\.(div|rem)_[su])\b/.test(each))
    .map((each) => each.split(" ")[1]);
  // The order of round keys, and counters of blocks.
  expect(choosing).toEqual(["$secret/cipher/cipherSetKey", "$secret/cipher/cipherCounterMode"]);
}, 120_000);
