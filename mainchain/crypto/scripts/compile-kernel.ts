import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Compiler {
  main(
    args: readonly string[],
    host: {
      readonly readFile: (name: string, folder: string) => string | null;
      readonly writeFile: (name: string, contents: Uint8Array | string) => void;
    },
  ): Promise<{ readonly error: Error | null; readonly stderr: { toString(): string } }>;
}

// Not a literal: the package's types declare a global console of their own, which would displace Node's.
const COMPILER: string = "assemblyscript/asc";

const assembly = fileURLToPath(new URL("../assembly/", import.meta.url));

/** The kernels: entry file under assembly/, file under src/generated/, constant in it. */
export const KERNELS = [
  { entry: "index.ts", file: "kernel.ts", constant: "KERNEL_BASE64" },
  { entry: "secret-index.ts", file: "secret-kernel.ts", constant: "SECRET_KERNEL_BASE64" },
] as const;

export interface CompiledKernel {
  readonly binary: Uint8Array;
  /** the same, readable */
  readonly text: string;
}

/**
 * An entry as WebAssembly. The compiler's version is pinned, so equal sources give equal bytes.
 * @param source in place of the entry's file: what a test exports of the kernels' insides
 */
export async function compileKernel(entry: string, source?: string): Promise<CompiledKernel> {
  const { main } = (await import(COMPILER)) as Compiler;
  let binary: Uint8Array | undefined;
  let text: string | undefined;
  const { error, stderr } = await main(
    [
      entry,
      "--baseDir",
      assembly,
      "--outFile",
      "kernel.wasm",
      "--textFile",
      "kernel.wat",
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
      readFile: (name, folder) => {
        if (name === entry && source !== undefined) return source;
        const path = join(folder, name);
        return existsSync(path) ? readFileSync(path, "utf8") : null;
      },
      writeFile: (_name, contents) => {
        if (typeof contents === "string") text = contents;
        else binary = contents;
      },
    },
  );
  if (error) throw new Error(`assemblyscript: ${stderr.toString()}`, { cause: error });
  if (binary === undefined || text === undefined) throw new Error("assemblyscript wrote nothing");
  return { binary, text };
}

/** The text of a file of src/generated. */
export function kernelModule(constant: string, binary: Uint8Array): string {
  return [
    "// Written by `npm run build:wasm` from assembly/. Do not edit.",
    "",
    `export const ${constant}: string =\n  "${Buffer.from(binary).toString("base64")}";`,
    "",
  ].join("\n");
}
