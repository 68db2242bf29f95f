import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeOf } from "./node-of.ts";

const require = createRequire(import.meta.url);

const PROGRAM = `
import { sm2, sm3, CodedError } from "@ropenet/crypto";
import { openKeyStore, sealKeyStore } from "@ropenet/crypto/pki";
import { createVerifyPool, PoolError } from "@ropenet/crypto/pool";

const secretKey: Uint8Array = sm2.randomSecretKey();
const publicKey = sm2.getPublicKey(secretKey);
const message = sm3(Uint8Array.of(1, 2, 3));
const item = { message, publicKey, signature: sm2.sign(message, secretKey) };
const pool = createVerifyPool({ workers: 1 });
const answers: boolean[] = [
  sm2.verify(item.signature, message, publicKey),
  await pool.verify(item),
  openKeyStore(sealKeyStore(secretKey, "rope", { cost: 10 }), "rope").length === 32,
  new PoolError({ code: "pool/closed" }) instanceof CodedError,
];
await pool.close();
console.log(JSON.stringify(answers));
`;

/** An application outside this workspace that installed the package. */
describe("the published package", () => {
  let folder: string;
  const tsc = join(dirname(require.resolve("typescript7/package.json")), "bin/tsc");
  const run = (command: string, ...parameters: readonly string[]) =>
    spawnSync(command, parameters, { cwd: folder, encoding: "utf8" });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "package-"));
    const modules = join(folder, "node_modules");
    mkdirSync(join(modules, "@ropenet"), { recursive: true });
    const build = fileURLToPath(new URL("../scripts/build-dist.ts", import.meta.url));
    const built = run(process.execPath, build, "--out", join(modules, "@ropenet/crypto"));
    expect(built.stderr).toBe("");
    const noble = dirname(dirname(require.resolve("@noble/hashes/sha2.js")));
    symlinkSync(resolve(noble), join(modules, "@noble"));
    writeFileSync(join(folder, "package.json"), '{"type": "module"}');
    writeFileSync(join(folder, "app.ts"), PROGRAM);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("has declarations that an application compiles against, strictly", () => {
    const strict = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"];
    const roots = join(dirname(require.resolve("@types/node/package.json")), "..");
    const compiled = run(process.execPath, tsc, ...strict, "--typeRoots", roots, "app.ts");
    expect({ status: compiled.status, out: compiled.stdout }).toEqual({ status: 0, out: "" });
  });

  const versions = [process.execPath, nodeOf(20)].filter((node) => node !== undefined);
  test.each(versions)("runs from below node_modules in %s, the pool too", (node) => {
    const { stdout, stderr } = run(node, "app.js");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual([true, true, true, true]);
  });
});
