import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytesToHex } from "@ropenet/protocol";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  blockOf,
  type FakeNode,
  genesisHashOf,
  genesisOf,
  startFakeNode,
  statusOf,
} from "../kit/fake-node.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly error: { readonly code?: string; readonly [operand: string]: unknown };
}

function ropenet(...parameters: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, "--json", ...parameters], (failure, out, text) => {
      const error = text === "" ? {} : JSON.parse(text.trim().split("\n").at(-1) ?? "{}").error;
      resolve({ status: Number(failure?.code ?? 0), out, error });
    });
  });
}

const genesis = genesisOf("honest");
const genesisHash = bytesToHex(genesisHashOf(genesis));
let folder: string;
const nodes: FakeNode[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  for (const node of nodes.splice(0)) node.close();
});

type Lies = Parameters<typeof startFakeNode>[2];

async function nodeAt(height: bigint, timeMs = BigInt(Date.now()), lies: Lies = {}) {
  const node = await startFakeNode(genesis, blockOf("honest", height, timeMs), lies);
  nodes.push(node);
  return node.url;
}

function configOf(json: unknown): string {
  const file = join(folder, "client.json");
  writeFileSync(file, typeof json === "string" ? json : JSON.stringify(json));
  return file;
}

describe("a command line", () => {
  test.each([
    [["--nope"], "unknown option '--nope'"],
    [["nope"], "unknown command 'nope'"],
    [["query", "account"], "missing required argument 'address'"],
    [["status", "extra"], "too many arguments"],
    [["--rpc"], "option '--rpc <url>' argument missing"],
  ])("%j is refused by its code, and says what is wrong", async (parameters, detail) => {
    const { status, error } = await ropenet(...parameters);
    expect([status, error.code]).toEqual([1, "cli/bad-arguments"]);
    expect(error["detail"]).toContain(detail);
  });

  test.each([
    [["query", "account", "x"], "address"],
    [["query", "tx", "abc"], "id"],
    [["query", "block", "-1"], "height"],
    [["query", "block", "1e3"], "height"],
  ])("%j names the operand", async (parameters, operand) => {
    const { error } = await ropenet("--rpc", "http://127.0.0.1:1", ...parameters);
    expect(error).toMatchObject({ code: "cli/bad-operand", operand });
  });

  test("names its node before the command or after it", async () => {
    const url = await nodeAt(7n);
    for (const parameters of [
      ["--rpc", url, "status"],
      ["status", "--rpc", url],
      ["--rpc", "http://127.0.0.1:1", "--rpc", url, "status"],
    ])
      expect(JSON.parse((await ropenet(...parameters)).out)).toMatchObject({ height: "7" });
  });
});

const URLS = { ropeUrls: ["http://127.0.0.1:1"], genesisHash };
const HEADER = { height: 5, id: "00".repeat(32), atMs: 1 };

describe("a configuration", () => {
  test.each([
    ["{", "JSON"],
    [null, "no JSON object"],
    [[], "no JSON object"],
    [{ ...URLS, unknown: 1 }, "unknown"],
    [{ ...URLS, ropeUrls: [] }, "ropeUrls"],
    [{ ...URLS, ropeUrls: ["file:///etc"] }, "ropeUrls"],
    [{ ...URLS, genesisHash: "ABC" }, "genesisHash"],
    [{ ...URLS, trustedHeader: null }, "trustedHeader.height"],
    [{ ...URLS, trustedHeader: { ...HEADER, height: -1 } }, "trustedHeader.height"],
    [{ ...URLS, trustedHeader: { ...HEADER, id: "5" } }, "trustedHeader.id"],
    [{ ...URLS, trustedHeader: { ...HEADER, atMs: "1" } }, "trustedHeader.atMs"],
  ])("%j is refused, naming the field", async (json, detail) => {
    const file = configOf(json);
    const { status, error } = await ropenet("verify", "--config", file);
    expect(error).toMatchObject({ code: "cli/bad-config", file });
    expect([status, error["detail"]]).toEqual([1, expect.stringContaining(detail)]);
  });

  test("that is not there is named", async () => {
    const file = join(folder, "none.json");
    const { error } = await ropenet("verify", "--config", file);
    expect(error).toMatchObject({ code: "cli/bad-config", file });
  });
});

describe("verify", () => {
  const verify = (...parameters: readonly string[]): Promise<Ended> =>
    ropenet("verify", "--genesis-hash", genesisHash, ...parameters);

  test("refuses a node that calls an old header its newest", async () => {
    const { status, error } = await verify("--rpc", await nodeAt(7n, BigInt(Date.now() - 660_000)));
    expect([status, error.code]).toEqual([1, "light-client/stale"]);
  });

  test("does without a proof nothing", async () => {
    const state = { jsonrpc: "2.0", id: 1, result: { value: null, proof: "00" } };
    const { status, error, out } = await verify("--rpc", await nodeAt(7n, undefined, { state }));
    expect([status, out]).toEqual([1, ""]);
    expect(error.code).toMatch(/^(codec|state-proof|rpc)\//);
  });
});

test("what a node calls itself cannot move the cursor of a terminal", async () => {
  const result = statusOf(blockOf("honest", 7n), "\u001b[31mEVIL\u001b[0m");
  const url = await nodeAt(7n, undefined, { status: { jsonrpc: "2.0", id: 1, result } });
  const text = await new Promise<string>((resolve) => {
    execFile(process.execPath, [MAIN, "status", "--rpc", url], (_, out) => resolve(out));
  });
  expect(text).toContain("EVIL");
  expect(text).not.toContain("\u001b");
});
