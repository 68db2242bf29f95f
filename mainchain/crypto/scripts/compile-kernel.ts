import { fileURLToPath } from "node:url";

interface Compiler {
  main(
    args: readonly string[],
    host: { readonly writeFile: (name: string, contents: Uint8Array | string) => void },
  ): Promise<{ readonly error: Error | null; readonly stderr: { toString(): string } }>;
}

// Not a literal: the package's types declare a global console of their own, which would displace Node's.
const COMPILER: string = "assemblyscript/asc";

const assembly = fileURLToPath(new URL("../assembly/", import.meta.url));

/** assembly/index.ts as WebAssembly. The compiler's version is pinned, so equal sources give equal bytes. */
export async function compileKernel(): Promise<Uint8Array> {
  const { main } = (await import(COMPILER)) as Compiler;
  let binary: Uint8Array | undefined;
  const { error, stderr } = await main(
    [
      "index.ts",
      "--baseDir",
      assembly,
      "--outFile",
      "kernel.wasm",
      "--runtime",
      "stub",
      "--noAssert",
      "-O3",
      "--enable",
      "simd",
      "--use",
      "abort=",
    ],
    {
      writeFile: (_name, contents) => {
        if (typeof contents !== "string") binary = contents;
      },
    },
  );
  if (error) throw new Error(`assemblyscript: ${stderr.toString()}`, { cause: error });
  if (binary === undefined) throw new Error("assemblyscript wrote nothing");
  return binary;
}

/** The text of src/generated/kernel.ts. */
export function kernelModule(binary: Uint8Array): string {
  return [
    "// Written by `npm run build:wasm` from assembly/. Do not edit.",
    "",
    `export const KERNEL_BASE64: string =\n  "${Buffer.from(binary).toString("base64")}";`,
    "",
  ].join("\n");
}
