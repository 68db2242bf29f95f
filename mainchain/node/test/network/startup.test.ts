import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createDevnet,
  createNode,
  type Devnet,
  type DevnetNode,
  readConfig,
} from "../../src/index.ts";
import { type Exit, eventually, freePorts, launch, type NodeProcess } from "./devnet.ts";

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

function edit(change: (config: object) => object): void {
  const config = JSON.parse(readFileSync(home.configFile, "utf8"));
  writeFileSync(home.configFile, JSON.stringify(change(config)));
}
