import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeOf } from "../node-of.ts";
import { bundle, RUN_SUITE } from "./bundle.ts";

const generated = (file: string): string => {
  const path = new URL(`../../src/generated/${file}`, import.meta.url);
  const [, base64 = ""] = /"([^"]+)"/.exec(readFileSync(path, "utf8")) ?? [];
  return base64;
};
const PUBLIC_KERNEL = generated("kernel.ts");
const SECRET_KERNEL = generated("secret-kernel.ts");

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
