import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

function ropenet(...parameters: readonly string[]): {
  readonly status: number | null;
  readonly out: Record<string, string>;
  readonly error: { readonly code?: string; readonly operand?: string };
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "--json", ...parameters], {
    encoding: "utf8",
    input: "",
  });
  return {
    status,
    out: stdout === "" ? {} : JSON.parse(stdout),
    error: stderr === "" ? {} : JSON.parse(stderr.trim().split("\n").at(-1) ?? "{}").error,
  };
}

describe("ropenet key", () => {
  let folder: string;
  let key: string;
  let password: string;
  let address: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cli-key-"));
    key = join(folder, "key.json");
    password = join(folder, "password");
    writeFileSync(password, "绳 net 2017\n");
    const made = ropenet("key", "new", key, "--password-file", password);
    expect(made.status).toBe(0);
    address = made.out["address"] ?? "";
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("new writes a store that show opens, for its owner's eyes only", () => {
    expect(statSync(key).mode & 0o777).toBe(0o600);
    const shown = ropenet("key", "show", key, "--password-file", password);
    expect(shown.out["address"]).toBe(address);
    expect(shown.out["publicKey"]).toMatch(/^04[0-9a-f]{128}$/);
  });

  test("new overwrites nothing", () => {
    const before = readFileSync(key, "utf8");
    const again = ropenet("key", "new", key, "--password-file", password);
    expect([again.status, again.error.code]).toEqual([1, "cli/key-exists"]);
    expect(readFileSync(key, "utf8")).toBe(before);
  });

  test("another password, a changed file, a missing one, each has its code", () => {
    const other = join(folder, "other");
    writeFileSync(other, "rope");
    expect(ropenet("key", "show", key, "--password-file", other).error.code).toBe(
      "crypto/authentication-failed",
    );
    const changed = join(folder, "changed.json");
    writeFileSync(changed, readFileSync(key, "utf8").replace('"cost": 15', '"cost": 14'));
    expect(ropenet("key", "show", changed, "--password-file", password).error.code).toBe(
      "crypto/authentication-failed",
    );
    writeFileSync(changed, "{}");
    expect(ropenet("key", "show", changed, "--password-file", password).error.code).toBe(
      "crypto/bad-encoding",
    );
    expect(
      ropenet("key", "show", join(folder, "none"), "--password-file", password).error.code,
    ).toBe("cli/no-key-file");
  });

  test("no password, no key", () => {
    const fresh = join(folder, "fresh.json");
    expect(ropenet("key", "new", fresh).error.code).toBe("cli/password-needed");
    const empty = join(folder, "empty");
    writeFileSync(empty, "\n");
    expect(ropenet("key", "new", fresh, "--password-file", empty).error.code).toBe(
      "cli/empty-password",
    );
    expect(ropenet("key", "new", fresh, "--password-file", fresh).error.code).toBe(
      "cli/no-password-file",
    );
    expect(() => statSync(fresh)).toThrow("ENOENT");
  });
});
