import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { bundle, RUN_SUITE } from "./bundle.ts";

const generated = (file: string): string => {
  const path = new URL(`../../src/generated/${file}`, import.meta.url);
  const [, base64 = ""] = /"([^"]+)"/.exec(readFileSync(path, "utf8")) ?? [];
  return base64;
};
const PUBLIC_KERNEL = generated("kernel.ts");
const SECRET_KERNEL = generated("secret-kernel.ts");

/** The first Node on the path with this major version; the console's own is newer. */
function nodeOf(major: number): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "node"))
    .filter((file) => existsSync(file))
    .find((file) =>
      execFileSync(file, ["-p", "process.versions.node"], { encoding: "utf8" }).startsWith(
        `${major}.`,
      ),
    );
}

describe("an application's bundle", () => {
  test.each([
    ["nothing", "export {}", false, false],
    ["sm3", 'export { sm3 } from "@ropenet/crypto"', true, false],
    ["a verifier", 'export { createSm2Verifier } from "@ropenet/crypto"', true, false],
    ["SM4-GCM", 'export { sm4Gcm } from "@ropenet/crypto"', false, true],
    ["keccak256", 'export { keccak256 } from "@ropenet/crypto"', false, false],
    ["sm2", 'export { sm2 } from "@ropenet/crypto"', true, true],
  ])(
    "that imports %s has the kernels it needs, and no other",
    async (_, source, open, secret) => {
      using app = await bundle({ "entry.js": source }, ["entry.js"]);
      const text = app.text("entry.js");
      expect([text.includes(PUBLIC_KERNEL), text.includes(SECRET_KERNEL)]).toEqual([open, secret]);
      if (!open && !secret) expect(text.length).toBeLessThan(40_000);
      expect(text).not.toMatch(/\bnode:|\beval\(|new Function\(/);
    },
    60_000,
  );

  const node20 = nodeOf(20);
  const where = node20 === undefined ? " (skipped: no Node 20 on the path)" : "";
  test.runIf(node20 !== undefined)(
    `runs in Node 20, whole${where}`,
    async () => {
      using app = await bundle(
        { "entry.js": `${RUN_SUITE}\nconsole.log(JSON.stringify(answers));` },
        ["entry.js"],
      );
      const file = join(app.folder, "entry.js");
      const run = spawnSync(node20 as string, ["--input-type=module", "-"], {
        input: readFileSync(file),
        encoding: "utf8",
      });
      expect(run.stderr).toBe("");
      const answers = JSON.parse(run.stdout) as Record<string, boolean>;
      expect(Object.values(answers)).toEqual(new Array(9).fill(true));
    },
    60_000,
  );
});
