import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createDevnet,
  createNode,
  type Devnet,
  type DevnetNode,
  readConfig,
} from "../../src/index.ts";
import { type Exit, eventually, freePorts, launch, MAIN, type NodeProcess } from "./devnet.ts";

let directory: string;
let devnet: Devnet;
let home: DevnetNode;
const running: NodeProcess[] = [];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "rope-startup-"));
  const basePort = await freePorts(8);
  devnet = createDevnet({ directory, chainName: "startup", validators: 4, basePort });
  home = devnet.nodes[0] as DevnetNode;
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((child) => child.signal("SIGKILL")));
  rmSync(directory, { recursive: true });
});

function run(configFile = home.configFile): NodeProcess {
  const child = launch(configFile, home.rpcUrl, join(directory, "node.log"));
  running.push(child);
  return child;
}
async function started(): Promise<NodeProcess> {
  const child = run();
  await eventually("the node", async () => (await fetch(`${home.rpcUrl}/health`)).ok || undefined);
  return child;
}
const oneLine = (pattern: RegExp): Exit =>
  expect.objectContaining({
    code: 1,
    stderr: expect.stringMatching(new RegExp(`^${pattern.source}[^\\n]*\\n$`)),
  });

describe("a node that cannot start says why in one line", () => {
  it("a second process on one home", async () => {
    const first = await started();
    expect(await run().exit).toEqual(oneLine(/store\/locked directory=/));
    expect(first.alive).toBe(true);
  });

  it.each([
    ["p2p", () => home.p2pPort],
    ["rpc", () => home.rpcPort],
  ])("a %s port that somebody holds", async (what, port) => {
    const holder = createServer();
    await new Promise<void>((resolve) => {
      holder.listen(port(), "127.0.0.1", resolve);
    });
    expect(await run().exit).toEqual(
      oneLine(new RegExp(`node/port-busy what=${what} port=${port()}`)),
    );
    holder.close();
  });

  it("a signer's record that was wiped or put back by hand", async () => {
    const first = await started();
    const file = join(readConfig(home.configFile).directory, "signer.state");
    const sequences = (): readonly bigint[] => {
      const bytes = readFileSync(file);
      return [bytes.readBigUInt64BE(0), bytes.readBigUInt64BE(1_024)];
    };
    // Alone it proposes or votes for nothing, round after round.
    await eventually("a signature", () => sequences().some((one) => one > 1n) || undefined);
    await first.signal("SIGTERM");
    const bytes = readFileSync(file);
    const [even = 0n, odd = 0n] = sequences();
    bytes.fill(0, even > odd ? 0 : 1_024, even > odd ? 1_024 : 2_048);
    writeFileSync(file, bytes);
    expect(await run().exit).toEqual(oneLine(/signer\/state-behind file=.*signer\.state/));
    writeFileSync(file, bytes.subarray(0, 1_024));
    expect(await run().exit).toEqual(oneLine(/signer\/state-corrupt file=.*signer\.state/));
  });

  it.each([
    ["the record of what it signed", "signer.state", /signer\/state-unusable file=/],
    ["its log", "consensus.wal", /store\/unusable directory=/],
    ["its store", "state.db", /store\/unusable directory=/],
  ])("a folder in the place of %s", async (_, name, line) => {
    mkdirSync(join(readConfig(home.configFile).directory, name), { recursive: true });
    expect(await run().exit).toEqual(oneLine(line));
  });

  it("a log that holds something else", async () => {
    const first = await started();
    const file = join(readConfig(home.configFile).directory, "consensus.wal");
    await eventually("a record", () => readFileSync(file).length > 0 || undefined);
    await first.signal("SIGKILL");
    const record = Buffer.from("not a record");
    const head = Buffer.alloc(8);
    head.writeUInt32BE(record.length, 0);
    head.writeUInt32BE(crc32(record), 4);
    appendFileSync(file, Buffer.concat([head, record]));
    expect(await run().exit).toEqual(oneLine(/wal\/bad-record file=.*consensus\.wal index=\d+/));
  });

  it("a place for its log lines that cannot be written", async () => {
    edit((config) => ({ ...config, log: { file: directory } }));
    expect(await run().exit).toEqual(oneLine(/node\/log-unwritable file=/));
  });

  it("a genesis that is not the store's", async () => {
    const first = await started();
    await first.signal("SIGTERM");
    const other = createDevnet({
      directory: join(directory, "other"),
      chainName: "other",
      validators: 4,
      basePort: home.p2pPort,
    });
    copyFileSync(other.genesisFile, devnet.genesisFile);
    expect(await run().exit).toEqual(oneLine(/node\/wrong-genesis expected=/));
  });

  it("a validator whose record of signatures is gone", async () => {
    const first = await started();
    await first.signal("SIGTERM");
    rmSync(join(home.directory, "state", "signer.state"));
    expect(await run().exit).toEqual(oneLine(/signer\/state-missing file=/));
  });

  it.each([
    ["no config", () => rmSync(home.configFile), "config/unreadable"],
    ["a config that is no JSON", () => writeFileSync(home.configFile, "{"), "config/unreadable"],
    [
      "a config with a word too many",
      () => edit((config) => ({ ...config, speed: 11 })),
      "config/invalid",
    ],
    [
      "a peer on a port that does not exist",
      () => edit((config) => ({ ...config, p2p: { port: 1, peers: ["127.0.0.1:65536"] } })),
      "config/invalid",
    ],
    ["no keys", () => rmSync(home.keysFile), "node/bad-keys"],
    [
      "a genesis that is no genesis",
      () => writeFileSync(devnet.genesisFile, "00ff"),
      "node/bad-genesis",
    ],
    [
      "a store that is none",
      () => edit((config) => ({ ...config, directory: "keys.json" })),
      "store/unusable",
    ],
  ])("%s", (_, spoil, code) => {
    spoil();
    const open = () =>
      createNode(readConfig(home.configFile), {
        logger: pino({ level: "silent" }),
        onHalted: () => undefined,
      });
    expect(open).toThrow(expect.objectContaining({ code }));
  });
});

describe("a command line that is not understood", () => {
  it.each([
    ["nothing", [], "one of --home DIR and --config FILE"],
    ["both a home and a config", ["--home", "a", "--config", "b"], "one of --home DIR"],
    ["an option that does not exist", ["--home", "a", "--speed", "11"], "Unknown option '--speed'"],
    ["a word too many", ["--home", "a", "b"], "Unexpected argument 'b'"],
    ["an option without its value", ["--home"], "Option '--home <value>' argument missing"],
    ["an option twice", ["--home", "a", "--home", "b"], "--home is given twice"],
    ["a command that does not exist", ["start", "--home", "a"], "Unexpected argument 'start'"],
    ["an argument of two lines", ["--a\nb"], "Unknown option '--a?b'"],
    ["a tool's option that does not exist", ["doctor", "--home", "a", "--speed"], "Unknown option"],
  ])("%s: one line, exit 2", (_, args, detail) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
      encoding: "utf8",
    });
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^node\/bad-arguments detail=[^\n]*\n$/);
    expect(stderr).toContain(detail);
  });

  it("help is no mistake", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "--help"], {
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Usage: /);
  });
});

function edit(change: (config: object) => object): void {
  const config = JSON.parse(readFileSync(home.configFile, "utf8"));
  writeFileSync(home.configFile, JSON.stringify(change(config)));
}
