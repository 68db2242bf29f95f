import { writeFileSync } from "node:fs";
import { compileKernel, kernelModule } from "./compile-kernel.ts";
import { unrollProducts } from "./unroll-products.ts";

writeFileSync(new URL("../assembly/products.ts", import.meta.url), unrollProducts());
const binary = await compileKernel();
writeFileSync(new URL("../src/generated/kernel.ts", import.meta.url), kernelModule(binary));
console.log(`kernel: ${binary.length} bytes`);
