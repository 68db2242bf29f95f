import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/**
 * The package as others install it: JavaScript and declarations, with a package.json of its own, in dist/ or in
 * --out. Node strips types from no file below node_modules, so the sources themselves cannot be published.
 */
const { values } = parseArgs({ options: { out: { type: "string", default: "dist" } } });
const home = fileURLToPath(new URL("../", import.meta.url));
const out = resolve(home, values.out);

interface Manifest {
  readonly [field: string]: unknown;
  readonly exports: Readonly<Record<string, string>>;
}

function publicManifest(): object {
  const manifest = JSON.parse(readFileSync(`${home}package.json`, "utf8")) as Manifest;
  const { devDependencies: _development, scripts: _scripts, exports, ...kept } = manifest;
  const built = Object.entries(exports).map(([entry, source]) => {
    const path = source.slice(0, -".ts".length);
    return [entry, { types: `${path}.d.ts`, default: `${path}.js` }];
  });
  return {
    ...kept,
    description: "SM2, SM3, SM4 and certificates for them, in every JavaScript runtime",
    engines: { node: ">=20.19" },
    exports: Object.fromEntries(built),
  };
}

function compile(): void {
  const compiler = createRequire(import.meta.url).resolve("typescript7/package.json");
  const tsc = resolve(compiler, "../bin/tsc");
  const { status } = spawnSync(
    process.execPath,
    [tsc, "-p", `${home}tsconfig.dist.json`, "--outDir", out],
    { stdio: "inherit" },
  );
  if (status !== 0) process.exit(status ?? 1);
}

rmSync(out, { recursive: true, force: true });
compile();
writeFileSync(`${out}/package.json`, `${JSON.stringify(publicManifest(), null, 2)}\n`);
copyFileSync(`${home}README.md`, `${out}/README.md`);
copyFileSync(`${home}../../LICENSE`, `${out}/LICENSE`);
console.log(out);
