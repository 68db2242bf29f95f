import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

/** The README's examples as programs: a line that ends in `// true` or `// false` must be that. */
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
const CLAIM = /^(?! )(.*); \/\/ (true|false)$/gm;

const addressOf = (name: string): string => JSON.stringify(import.meta.resolve(name));

function program(code: string): string {
  const resolved = code.replaceAll(/(?<=from )"([^"]+)"/g, (_, name: string) => addressOf(name));
  const claims = [...code.matchAll(CLAIM)].length;
  return [
    "let held = 0;",
    "function claim(actual: unknown, expected: boolean): void {",
    '  if (actual !== expected) throw new Error("claim " + (held + 1) + ": " + actual);',
    "  held += 1;",
    "}",
    resolved.replaceAll(CLAIM, "claim($1, $2);"),
    `if (held !== ${claims}) throw new Error("a claim was passed by");`,
    "console.log(held);",
  ].join("\n");
}

test.each(examples.map((code, index) => [index + 1, code] as const))(
  "example %i of the README runs, and what it says is so",
  (_, code) => {
    const folder = mkdtempSync(join(tmpdir(), "readme-"));
    const file = join(folder, "example.mts");
    try {
      writeFileSync(file, program(code));
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [pathToFileURL(file).pathname],
        {
          encoding: "utf8",
          timeout: 50_000,
        },
      );
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: expect.not.stringContaining("Error"),
      });
      expect(Number(stdout)).toBeGreaterThan(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test("the README has examples of everything it names", () => {
  expect(examples.length).toBe(7);
  for (const name of [
    "@ropenet/crypto",
    "@ropenet/crypto/pki",
    "@ropenet/crypto/pool",
    "sm-crypto",
  ]) {
    expect(examples.join()).toContain(`from "${name}"`);
  }
});
