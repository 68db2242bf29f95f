import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { connectRope, createWallet, type Rope, recordsOf, ropeTrustOf } from "@ropenet/client";
import { planPorts, ropeUrls, type StoryReport, type StrandDescription } from "@ropenet/devnet";
import { bytesToHex, hexToBytes, keccak256, TRANSFER_STATE } from "@ropenet/protocol";
import { getBytes, JsonRpcProvider } from "ethers";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { awaitOutput, newFolder, type Start, startDevnet } from "../kit/cli.ts";
import { assertInvariants } from "../kit/conservation.ts";
import { provableHeight } from "../kit/ledger.ts";
import { freeBasePort, sleep, until } from "../kit/processes.ts";
import { type StoryRun, storyRun } from "../kit/story-run.ts";
import { strandEvidence } from "../kit/strand-evidence.ts";

const STEPS = [
  "issue",
  "loan",
  "credential",
  "answers",
  "move",
  "pledge",
  "double-pledge",
  "forged-delivery",
  "replayed-delivery",
  "payment",
  "revoked-use",
  "books",
  "verdict",
];
const READY = /绳网就绪 · 验证人 4\/4 .* (http:\/\/127\.0\.0\.1:\d+)/;

interface NetworkFile {
  readonly finance: StrandDescription;
  readonly warehouse: StrandDescription;
}

const starts: Start[] = [];
function start(...args: Parameters<typeof startDevnet>): Start {
  const started = startDevnet(...args);
  starts.push(started);
  return started;
}

afterEach(() => {
  for (const started of starts.splice(0)) started.reap();
});

/** A moment for the kernel, no more: whoever has exited has cleaned up. */
async function nothingLeft(started: Start): Promise<void> {
  await until("no process to be left", 2_000, async () => {
    const left = started.left();
    if (left.length > 0) throw new Error(left.map(({ command }) => command).join("\n"));
    return true;
  });
}

function networkOf(folder: string): NetworkFile {
  return JSON.parse(readFileSync(join(folder, "network.json"), "utf8"));
}

function openProvider({ rpcUrl, chainId }: StrandDescription): JsonRpcProvider {
  return new JsonRpcProvider(rpcUrl, chainId, { staticNetwork: true });
}

describe("npm start -- --once --report FILE", () => {
  let run: StoryRun;

  beforeAll(async () => {
    run = await storyRun();
  }, 240_000);

  test("plays every step of 一单融资, holds conservation and exits 0", () => {
    expect(run.report, run.output + run.errors).toBeDefined();
    expect(run.report?.steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(run.report?.steps.map(({ id }) => id)).toEqual(STEPS);
    expect(run.report?.ok).toBe(true);
    expect(run.exitCode).toBe(0);
    expect(run.errors).toBe("");
  });

  test("is refused three times, each by its own code", () => {
    const refusals = run.report?.steps.flatMap(({ id, code }) => (code ? [[id, code]] : []));
    expect(refusals).toEqual([
      ["double-pledge", "asset/encumbered"],
      ["forged-delivery", "bridge/bad-proof"],
      ["replayed-delivery", "bridge/already-delivered"],
      ["revoked-use", "data-credential/revoked"],
    ]);
  });

  test("reports what it saw, each from its source, beside what it had to be", () => {
    const observations = run.report?.steps.flatMap((step) => step.observations) ?? [];
    expect(observations.length).toBeGreaterThan(45);
    expect(observations.filter(({ ok }) => !ok)).toEqual([]);
    const seenIn = (step: string) => {
      const found = run.report?.steps.find(({ id }) => id === step)?.observations ?? [];
      return Object.fromEntries(found.map(({ what, seen }) => [what, seen]));
    };
    expect(seenIn("issue")).toMatchObject({ "weight in kg": "92360" });
    expect(seenIn("loan")).toMatchObject({ principal: "22000000", "put aside": "22000000" });
    expect(seenIn("credential")).toMatchObject({ units: "3", confirmations: "3" });
    expect(seenIn("answers")).toMatchObject({
      ...{ answers: [true, true, true], "units left": "2" },
      ...{ "verdicts that left the stores": "3", "rows that left the stores": "0" },
    });
    expect(seenIn("move")).toMatchObject({ locked: "1", minted: "1", "in flight": "0" });
    expect(seenIn("pledge")).toMatchObject({ "paid to the holder": "22000000", lien: "22000000" });
    expect(seenIn("payment")).toMatchObject({
      ...{ "locked grew by": "138540", "minted grew by": "138540", minted: "138540" },
      ...{ "delivered beyond the fee": "0", "the killed worker runs again": true },
    });
    const transactions = run.report?.steps.flatMap((step) => step.transactions) ?? [];
    expect(transactions.length).toBeGreaterThan(6);
    for (const { hash } of transactions) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test("reports two assets whose escrow equals outstanding, in flight and held", () => {
    const rows = run.report?.conservation ?? [];
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      const sum = BigInt(row.outstandingTotal) + BigInt(row.inFlight) + BigInt(row.held);
      expect(row.ok).toBe(true);
      expect(BigInt(row.escrow)).toBe(sum);
      expect(BigInt(row.escrow)).toBeGreaterThan(0n);
    }
  });

  test("is ready within 30 s, tells the story within 90 s and stays below 3 GB", () => {
    expect(run.report?.readyMs).toBeLessThanOrEqual(30_000);
    expect(run.report?.storyMs).toBeLessThanOrEqual(90_000);
    expect(run.peakBytes).toBeGreaterThan(200 * 2 ** 20);
    expect(run.peakBytes).toBeLessThanOrEqual(3 * 2 ** 30);
  });

  test("leaves no process behind", () => {
    expect(run.left).toEqual([]);
  });

  test("goes on with the same chains at the next start, until Ctrl-C ends every process", async () => {
    const before = networkOf(run.stateFolder);
    const again = start(run.stateFolder, ["--no-story", "--port", String(run.basePort)]);
    await awaitOutput(again, READY, 60_000);
    const rope = await connectRope(
      ropeUrls(planPorts(run.basePort)),
      ropeTrustOf(JSON.parse(readFileSync(join(run.stateFolder, "client.json"), "utf8"))),
    );
    await expectSameRope(rope, run);
    expect(networkOf(run.stateFolder)).toEqual(before);
    const evidence = [];
    for (const strand of [before.finance, before.warehouse]) {
      const provider = openProvider(strand);
      const code = await provider.getCode(strand.gatewayAddress);
      expect(bytesToHex(keccak256(getBytes(code)))).toBe(strand.codeHash);
      expect((await provider.getBlock(0))?.hash).toBe(`0x${strand.genesisHash}`);
      const gatewayUid = hexToBytes(strand.gatewayUid);
      evidence.push(await strandEvidence({ ...strand, provider, gatewayUid }));
      provider.destroy();
    }
    const summary = await assertInvariants(rope, 1n, await provableHeight(rope), evidence);
    expect(summary).toMatchObject({ assets: 2, transfers: 2, credentials: 1 });
    expect(summary.heights).toBeGreaterThan(20);
    again.interrupt();
    expect(await again.exited).toBe(0);
    await nothingLeft(again);
  });

  async function expectSameRope(rope: Rope, { report, output }: StoryRun): Promise<void> {
    const told = BigInt(report?.steps.at(-1)?.height ?? 0n);
    const now = BigInt((await rope.rpc.call("status", {})).height);
    expect(told).toBeGreaterThan(0n);
    expect(now).toBeGreaterThanOrEqual(told);
    const transferId = /\/transfers\/([0-9a-f]{64})/.exec(output)?.[1] ?? "";
    const transfer = await recordsOf(rope.read).transfer(hexToBytes(transferId));
    expect(transfer?.state).toBe(TRANSFER_STATE.settled);
    const secret = readFileSync(join(run.stateFolder, "keys/rope-bank-b.hex"), "utf8").trim();
    const wallet = createWallet({
      rpc: rope.rpc,
      chainId: rope.anchor.chainId,
      secretKey: hexToBytes(secret),
    });
    const { height } = await wallet.send("checkpoints/request", {});
    expect(height).toBeGreaterThan(told);
  }

  test("a launcher that was killed is followed by one that ends what it left, on the same ports", async () => {
    const first = start(run.stateFolder, ["--no-story"]);
    await awaitOutput(first, READY, 60_000);
    first.kill();
    await first.exited;
    const orphans = first.left().map(({ pid }) => pid);
    expect(orphans.length).toBeGreaterThan(5);
    const second = start(run.stateFolder, ["--no-story"]);
    const [, url] = await awaitOutput(second, READY, 60_000);
    expect(url).toContain(String(planPorts(run.basePort).hub));
    expect(first.left().filter(({ pid }) => orphans.includes(pid))).toEqual([]);
    second.interrupt();
    expect(await second.exited).toBe(0);
    await nothingLeft(second);
  });

  test("a port that is not the network's is refused, and the line says what to do", async () => {
    const other = start(run.stateFolder, ["--no-story", "--port", String(run.basePort + 100)]);
    expect(await other.exited).toBe(1);
    const line = other.errors().trim();
    expect(line).toMatch(/^devnet\/other-port folder=\S+ port=\d+ wanted=\d+ mend=.*--state/);
    expect(line.split("\n")).toHaveLength(1);
  });

  test.each([
    ["while databases and strands start", 100],
    ["while validators start", 1_800],
    ["while services start", 4_800],
  ])("Ctrl-C %s ends quietly, with nothing left", async (_, afterMs) => {
    const again = start(run.stateFolder, ["--no-story"]);
    await awaitOutput(again, /starting databases, strands and validators/, 30_000);
    await sleep(afterMs);
    again.interrupt();
    const code = await again.exited;
    // A quick machine is ready by then: that is no stop of a start.
    if (!READY.test(again.output())) expect(code).toBe(130);
    expect(again.errors()).toBe("");
    expect(again.output()).toMatch(/已停止 stopped|绳网就绪/);
    await nothingLeft(again);
  });

  test("Ctrl-C in the middle of the story leaves no process behind either, and is no success", async () => {
    const port = String(run.basePort);
    const again = start(run.stateFolder, ["--once", "--port", port]);
    await awaitOutput(again, /\[ *[\d.]+s\] ✓ 入库/, 90_000);
    again.interrupt();
    expect(await again.exited).not.toBe(0);
    expect(again.output()).not.toContain("全部守恒");
    await nothingLeft(again);
  });
});

describe("a start that cannot succeed says so in one line, with a code and the mend", () => {
  async function refusal(started: Start): Promise<string> {
    expect(await started.exited).toBe(1);
    const lines = started.errors().trim().split("\n");
    expect(lines).toHaveLength(1);
    await nothingLeft(started);
    return lines[0] ?? "";
  }

  test("a busy port", async () => {
    const base = await freeBasePort();
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(base + 9, "127.0.0.1", resolve));
    const folder = newFolder("busy");
    try {
      const line = await refusal(start(folder, ["--once", "--port", String(base)]));
      expect(line).toMatch(/^devnet\/port-busy /);
      expect(line).toContain(`port=${base + 9}`);
      expect(line).toContain("mend=npm start -- --port");
    } finally {
      holder.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("a state folder that was half written, and --fresh mends it as the line says", async () => {
    const folder = newFolder("half");
    const port = String(await freeBasePort());
    mkdirSync(join(folder, "rope"));
    writeFileSync(join(folder, ".ropenet-state"), "");
    const line = await refusal(start(folder, ["--once", "--port", port]));
    expect(line).toMatch(/^devnet\/state-incomplete /);
    expect(line).toContain(`folder=${folder}`);
    expect(line).toContain("mend=npm start -- --fresh");
    // Nor does a first start wait for anything once it is stopped: here for relayers to carry the registrations.
    const mended = start(folder, ["--fresh", "--no-story", "--port", port]);
    await awaitOutput(mended, /登记资产/, 90_000);
    const stopped = performance.now();
    mended.interrupt();
    expect(await mended.exited).toBe(130);
    expect(performance.now() - stopped).toBeLessThan(15_000);
    await nothingLeft(mended);
    rmSync(folder, { recursive: true, force: true });
  });

  test("what dies is started again; a strand that dies fails the story, which says so and ends", async () => {
    const folder = newFolder("dies");
    const file = join(folder, "report.json");
    const port = String(await freeBasePort());
    const state = join(folder, "state");
    const started = start(state, ["--once", "--report", file, "--port", port]);
    await awaitOutput(started, READY, 90_000);
    const kill = (program: RegExp): void => {
      for (const { pid, command } of started.left())
        if (program.test(command)) process.kill(pid, "SIGKILL");
    };
    kill(/hub\/server\/src\/main\.ts/);
    await awaitOutput(started, /! hub 意外退出，第 1 次重启/, 10_000);
    await awaitOutput(started, /✓ hub 已恢复/, 20_000);
    await awaitOutput(started, /✓ 入库/, 60_000);
    kill(/anvil/);
    expect(await started.exited).toBe(1);
    expect(started.errors()).toMatch(/^devnet\/process-lost process=strand-\w+ mend=Ctrl-C/);
    const report: StoryReport = JSON.parse(readFileSync(file, "utf8"));
    expect(report.ok).toBe(false);
    expect(report.steps.at(-1)).toMatchObject({ ok: false, code: "devnet/process-lost" });
    await nothingLeft(started);
    rmSync(folder, { recursive: true, force: true });
  });

  test("a missing binary", async () => {
    const folder = newFolder("missing");
    const hook = join(folder, "without-anvil.cjs");
    // As on a machine where the optional package of the platform was not installed.
    writeFileSync(
      hook,
      `const Module = require("node:module");
const resolve = Module._resolveFilename;
Module._resolveFilename = (name, ...rest) => {
  if (name.startsWith("@foundry-rs/")) throw Object.assign(new Error(name), { code: "MODULE_NOT_FOUND" });
  return resolve(name, ...rest);
};\n`,
    );
    const port = String(await freeBasePort());
    const state = join(folder, "state");
    const options = { NODE_OPTIONS: `--require=${hook}` };
    const line = await refusal(start(state, ["--once", "--port", port], options));
    expect(line).toMatch(/^anvil\/not-installed package=@foundry-rs\/anvil-/);
    expect(line).toContain("mend=npm ci");
    rmSync(folder, { recursive: true, force: true });
  });

  test("a description of the network that is cut off", async () => {
    const folder = newFolder("cut");
    writeFileSync(join(folder, "network.json"), '{ "basePort": 70');
    const port = String(await freeBasePort());
    const line = await refusal(start(folder, ["--once", "--port", port]));
    expect(line).toMatch(/^devnet\/state-unreadable /);
    expect(line).toContain(`file=${join(folder, "network.json")}`);
    expect(line).toContain("mend=npm start -- --fresh");
    rmSync(folder, { recursive: true, force: true });
  });
});
