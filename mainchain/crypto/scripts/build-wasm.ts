import { writeFileSync } from "node:fs";
import { compileKernel, KERNELS, kernelModule } from "./compile-kernel.ts";
import { unrollProducts } from "./unroll-products.ts";
import { unrollQuads } from "./unroll-quads.ts";
import { unrollScalars } from "./unroll-scalars.ts";

const write = (path: string, text: string): void =>
  writeFileSync(new URL(path, import.meta.url), text);

write("../assembly/products.ts", unrollProducts());
write("../assembly/quad/products.ts", unrollQuads());
write("../assembly/secret/scalar-products.ts", unrollScalars());
for (const { entry, file, constant } of KERNELS) {
  const { binary } = await compileKernel(entry);
  write(`../src/generated/${file}`, kernelModule(constant, binary));
  console.log(`${file}: ${binary.length} bytes`);
}
