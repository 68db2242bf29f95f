import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runTool } from "../../src/cli/main.ts";
import { readConfig } from "../../src/config.ts";
import type { Diagnosis } from "../../src/doctor/doctor.ts";
import { checkMemory, checkNodeVersion } from "../../src/doctor/machine-checks.ts";
import { call, MAIN } from "../network/devnet.ts";
import { createLocalNodes, type LocalNodes } from "../network/local-nodes.ts";

let nodes: LocalNodes;
let folder: string;
beforeAll(async () => {
  nodes = await createLocalNodes();
  folder = mkdtempSync(join(tmpdir(), "rope-tools-"));
  await nodes.start(0, 1, 2, 3);
  await nodes.pay(0, 2);
});
afterAll(async () => {
  await nodes.close();
  rmSync(folder, { recursive: true });
});

interface Run {
  readonly code: number;
  readonly json: Record<string, unknown>;
  readonly text: string;
}

/** As an operator runs it, though in this process. */
async function tool(index: number, args: readonly string[], passphrase?: string): Promise<Run> {
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  const { configFile } = nodes.home(index);
  const outlets = { write, complain: write };
  const code = await runTool([...args, "--config", configFile, "--json"], passphrase, outlets);
  return { code, json: JSON.parse(text), text };
}

const stateOf = ({ json }: Run, check: string) =>
  (json as unknown as Diagnosis).findings.find((finding) => finding.check === check);

describe("doctor", () => {
  it("finds nothing to mend beside a healthy node", async () => {
    const run = await tool(0, ["doctor"]);
    const { findings } = run.json as unknown as Diagnosis;
    const failed = findings.filter(({ state }) => state === "fail");
    expect(failed).toEqual([]);
    expect(run.code).toBe(0);
    const checks = findings.map(({ check }) => check);
    for (const check of [
      "node-version",
      "genesis",
      "keys",
      "keys-mode",
      "signer",
      "disk-space",
      "disk-sync",
      "ports",
      "peers-reachable",
      "ready",
      "height",
      "clock",
    ]) {
      expect(checks).toContain(check);
    }
  });

  it("names what is wrong, under a stable code, with its mend", async () => {
    const { keysFile, configFile } = nodes.home(1);
    await nodes.stop(1);
    chmodSync(keysFile, 0o644);
    rmSync(join(readConfig(configFile).directory, "signer.state"));
    nodes.configure(1, { p2p: { port: nodes.home(0).p2pPort } });
    const run = await tool(1, ["doctor"]);
    expect(run.code).toBe(1);
    expect(stateOf(run, "keys-mode")).toMatchObject({
      state: "fail",
      code: "doctor/keys-readable",
      mend: `chmod 600 ${keysFile}`,
    });
    expect(stateOf(run, "signer")).toMatchObject({ code: "signer/state-missing" });
    expect(stateOf(run, "ports")).toMatchObject({ code: "node/port-busy" });
  });

  it("says of a configuration, keys and a genesis that cannot be read that they cannot", async () => {
    const { keysFile, configFile } = nodes.home(2);
    const [keys, config] = [readFileSync(keysFile), readFileSync(configFile)];
    writeFileSync(keysFile, "{}");
    expect(stateOf(await tool(2, ["doctor"]), "keys")).toMatchObject({ code: "node/bad-keys" });
    writeFileSync(keysFile, keys);
    writeFileSync(configFile, "{}");
    expect(stateOf(await tool(2, ["doctor"]), "config")).toMatchObject({ code: "config/invalid" });
    writeFileSync(configFile, config);
  });

  it("is a command of the node's program", async () => {
    const { configFile } = nodes.home(3);
    const { stdout } = await promisify(execFile)(process.execPath, [
      MAIN,
      "doctor",
      "--config",
      configFile,
    ]);
    expect(stdout).toMatch(/^ok {4}node-version /);
    expect(stdout).toMatch(/fit to run\n$/);
  });

  it("knows an old Node and a machine without memory", () => {
    expect(checkNodeVersion("20.19.0")).toMatchObject({ state: "fail", code: "doctor/old-node" });
    expect(checkNodeVersion("24.0.0").state).toBe("ok");
    expect(checkMemory(1e8, 1e10)).toMatchObject({ state: "warn", code: "doctor/memory-low" });
  });
});

describe("snapshots and archives from the command line", () => {
  it("leave and enter a home, and refuse with a code", async () => {
    await nodes.stop(0, 1, 2, 3);
    const snapshot = join(folder, "snapshot");
    const archive = join(folder, "archive");
    const created = await tool(0, ["snapshot", "create", "--to", snapshot]);
    expect(created).toMatchObject({ code: 0, json: { pieces: 1 } });
    const exported = await tool(0, ["archive", "export", "--to", archive]);
    expect(exported).toMatchObject({ code: 0, json: { from: "1" } });
    expect((await tool(0, ["archive", "verify", "--from", archive])).json).toEqual(exported.json);

    const state = readConfig(nodes.home(2).configFile).directory;
    rmSync(state, { recursive: true });
    expect(await tool(2, ["snapshot", "restore", "--from", snapshot])).toMatchObject({
      code: 1,
      json: { error: { code: "restore/signer-unknown" } },
    });
    const restored = await tool(2, ["snapshot", "restore", "--from", snapshot, "--new-signer"]);
    expect(restored).toMatchObject({ code: 0, json: { stateRoot: created.json["stateRoot"] } });
    expect(await tool(2, ["snapshot", "restore", "--from", snapshot])).toMatchObject({
      json: { error: { code: "snapshot/not-empty" } },
    });

    const other = readConfig(nodes.home(3).configFile).directory;
    rmSync(other, { recursive: true });
    const replayed = await tool(3, ["archive", "restore", "--from", archive, "--new-signer"]);
    expect(replayed.json).toMatchObject({ ...exported.json, seconds: expect.any(Number) });
    await nodes.start(0, 2, 3);
    await nodes.pay(0, 1);
    const heights = await Promise.all([0, 2, 3].map((index) => nodes.height(index)));
    await Promise.all([2, 3].map((index) => nodes.reach(index, heights[0] ?? 0n)));
    const roots = await Promise.all(
      [0, 2, 3].map(async (index) => (await call(nodes.url(index), "status", {})).chainId),
    );
    expect(new Set(roots).size).toBe(1);
    expect(await tool(0, ["snapshot", "create", "--to", snapshot])).toMatchObject({
      json: { error: { code: "store/locked" } },
    });
  }, 60_000);

  it("refuse what they do not know", async () => {
    expect(await tool(0, ["archive", "burn"])).toMatchObject({
      json: { error: { code: "cli/unknown-command" } },
    });
    expect(await tool(1, ["snapshot", "restore", "--from", folder, "--trust", "7"])).toMatchObject({
      json: {
        error: {
          code: expect.stringMatching(
            /^(?:cli\/bad-operand|snapshot\/unreadable|restore\/signer-unknown)$/,
          ),
        },
      },
    });
  });
});

describe("a store's key from the command line", () => {
  it("is made under a passphrase and closes the keys", async () => {
    await nodes.stop(0, 2, 3);
    nodes.configure(1, { encryption: { keyFile: "store.key" } });
    expect(await tool(1, ["store", "new-key"])).toMatchObject({
      json: { error: { code: "cli/missing-operand" } },
    });
    expect((await tool(1, ["store", "new-key"], "open sesame")).code).toBe(0);
    expect(await tool(1, ["store", "seal-keys"], "wrong")).toMatchObject({
      json: { error: { code: "store/wrong-passphrase" } },
    });
    expect((await tool(1, ["store", "seal-keys"], "open sesame")).code).toBe(0);
    expect(readFileSync(nodes.home(1).keysFile, "utf8")).toMatch(/^ropenet sealed keys 1\n/);
  });
});
