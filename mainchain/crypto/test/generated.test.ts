import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compileKernel, kernelModule } from "../scripts/compile-kernel.ts";
import { unrollProducts } from "../scripts/unroll-products.ts";

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

test("assembly/products.ts is what its script writes", () => {
  expect(text("../assembly/products.ts")).toBe(unrollProducts());
});

test("the kernel in src/generated is what the compiler makes of assembly/", async () => {
  expect(text("../src/generated/kernel.ts")).toBe(kernelModule(await compileKernel()));
}, 120_000);
