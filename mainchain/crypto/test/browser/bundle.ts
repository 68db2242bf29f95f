import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** The package as an application has it: its modules through the bundler that the console uses. */
export interface Bundle extends Disposable {
  readonly folder: string;
  readonly text: (file: string) => string;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const alias = {
  "@ropenet/crypto/pki": here("../../src/pki/index.ts"),
  "@ropenet/crypto": here("../../src/index.ts"),
};

/** Bundles `sources`, of which those that `inputs` names are entries, into files of the same names. */
export async function bundle(
  sources: Readonly<Record<string, string>>,
  inputs: readonly string[],
): Promise<Bundle> {
  const root = mkdtempSync(join(tmpdir(), "crypto-bundle-"));
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(root, name), text);
  const outDir = join(root, "out");
  await build({
    configFile: false,
    root,
    logLevel: "error",
    resolve: { alias },
    worker: { format: "es" },
    build: {
      outDir,
      target: "es2023",
      minify: false,
      modulePreload: { polyfill: false },
      rollupOptions: {
        input: inputs.map((name) => join(root, name)),
        preserveEntrySignatures: "strict",
        output: { entryFileNames: "[name].js" },
      },
    },
  });
  return {
    folder: outDir,
    text: (file) => readFileSync(join(outDir, file), "utf8"),
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

/** Source lines that run the suite of ./suite.ts, into `answers`. */
export const RUN_SUITE = [
  `import { suite } from ${JSON.stringify(here("./suite.ts"))};`,
  `import vectors from ${JSON.stringify(here("../vectors/sm.json"))};`,
  "const answers = suite(vectors);",
].join("\n");
