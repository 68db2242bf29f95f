import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const main = join(import.meta.dirname, "../src/main.ts");
const call = (args: readonly string[]) =>
  spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });

it.each([
  [["--nothing"], "--nothing"],
  [["file.json"], "file.json"],
  [[], "--config FILE is missing"],
  [["--config"], "--config"],
  [["--config", "a.json", "--config", "b.json"], "twice"],
])("ends with one line and status 2 where it is called with %j", (args, detail) => {
  const { status, stderr, stdout } = call(args);
  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^relayer\/bad-arguments [^\n]*\n$/);
  expect(stderr).toContain(detail);
});

it("shows its help to who asks for it, and a bad file its code", () => {
  expect(call(["--help"])).toMatchObject({ status: 0, stderr: "" });
  const missing = call(["--config", "/nowhere/relayer.json"]);
  expect(missing.status).toBe(1);
  expect(missing.stderr).toContain("relayer/bad-config");
});
