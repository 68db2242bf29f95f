import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../kit/cli.ts";

const SERVICES = {
  attestor: "adapters/evm/src/attestor/main.ts",
  agent: "adapters/agent/src/main.ts",
  hub: "hub/server/src/main.ts",
};

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ropenet-services-"));
  writeFileSync(join(folder, "bad.json"), "{ half");
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(name: keyof typeof SERVICES, ...parameters: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const args = [join(ROOT, SERVICES[name]), ...parameters];
    execFile(process.execPath, args, (failure, out, error) =>
      resolve({ status: Number(failure?.code ?? 0), out, error }),
    );
  });
}

describe.each(Object.keys(SERVICES) as (keyof typeof SERVICES)[])("%s", (name) => {
  test("refuses a wrong command line in one line, with its code and 2", async () => {
    const { status, error } = await run(name, "--config", "x", "extra");
    expect(status).toBe(2);
    expect(error).toMatch(new RegExp(`^${name}/bad-arguments .+\n$`));
  });

  test("names the file of a configuration that it cannot take, in one line", async () => {
    const files = ["", "bad.json"].map((file) => join(folder, file));
    const ended = await Promise.all(files.map((file) => run(name, "--config", file)));
    for (const [index, { status, error }] of ended.entries()) {
      expect(status).toBe(1);
      expect(error).toMatch(/^[a-z]+\/[a-z-]+ .+\n$/);
      expect(error.trim().split("\n")).toHaveLength(1);
      expect(error).toContain(files[index]);
    }
  });

  test("tells how it is used", async () => {
    const { status, out } = await run(name, "--help");
    expect([status, out]).toEqual([0, expect.stringContaining("--config FILE")]);
  });
});
