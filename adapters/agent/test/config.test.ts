import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodedError } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../src/config.ts";

const hash = "ab".repeat(32);
const postgres = { host: "127.0.0.1", port: 5432, user: "u", password: "p", database: "d" };
const good = {
  ...{ department: "police", port: 0, ropeUrls: ["http://127.0.0.1:1"], genesisHash: hash },
  ...{ postgres, dataSet: { digest: hash, purposes: [1] }, secretKeyFile: "key.hex" },
};

function load(config: object | string): unknown {
  const file = join(mkdtempSync(join(tmpdir(), "ropenet-config-")), "config.json");
  writeFileSync(file, typeof config === "string" ? config : JSON.stringify(config));
  try {
    return loadConfig(file);
  } catch (error) {
    if (error instanceof CodedError) return error.info;
    throw error;
  }
}

describe("loadConfig", () => {
  it("takes a rope that is known by its genesis", () => {
    expect(load(good)).not.toHaveProperty("code");
  });

  it("names the file that is no JSON", () => {
    expect(load("{ half")).toMatchObject({
      ...{ code: "agent/bad-config", file: expect.stringContaining("config.json") },
      ...{ field: "", reason: "not JSON" },
    });
  });

  it("does not start without the hash of the genesis", () => {
    const { genesisHash: _, ...without } = good;
    expect(load(without)).toMatchObject({ code: "agent/bad-config", field: "genesisHash" });
  });
});
