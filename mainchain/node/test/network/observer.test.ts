import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@ropenet/protocol";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  createDevnet,
  createKeys,
  createNode,
  type Devnet,
  type RopeNode,
  readConfig,
  writeNodeHome,
} from "../../src/index.ts";
import { call, createAccount, eventually, freePorts, transfer } from "./devnet.ts";

/** Four validators that admit one observer, in this process; the observer starts when the chain has a past. */
const rich = createAccount();
const observer = createKeys({ bridge: false });
let directory: string;
let devnet: Devnet;
let port: number;
let nodes: readonly RopeNode[] = [];

function open(configFile: string): RopeNode {
  return createNode(readConfig(configFile), {
    logger: pino({ level: "silent" }),
    onHalted: (reason) => {
      throw reason;
    },
  });
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "rope-observer-"));
  port = await freePorts(10);
  devnet = createDevnet({
    directory,
    chainName: "watched",
    validators: 4,
    basePort: port,
    accounts: [{ address: rich.address, balance: 10n ** 12n }],
  });
  for (const { configFile } of devnet.nodes) {
    const config = JSON.parse(readFileSync(configFile, "utf8"));
    config.p2p.observers = [bytesToHex(observer.publicKey)];
    writeFileSync(configFile, JSON.stringify(config));
  }
  nodes = devnet.nodes.map(({ configFile }) => open(configFile));
  await Promise.all(nodes.map((node) => node.start()));
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  rmSync(directory, { recursive: true });
});

it("an observer catches up, passes transactions on and knows all, but never votes", async () => {
  const validatorUrl = devnet.nodes[0]?.rpcUrl ?? "";
  await eventually("a past", async () =>
    BigInt((await call(validatorUrl, "status", {})).height) >= 3n ? true : undefined,
  );
  const home = writeNodeHome(join(directory, "observer"), observer, {
    genesisFile: devnet.genesisFile,
    p2p: { port: port + 8, peers: devnet.nodes.map(({ p2pPort }) => `127.0.0.1:${p2pPort}`) },
    rpc: { port: port + 9 },
  });
  const watching = open(home.configFile);
  nodes = [...nodes, watching];
  await watching.start();
  const url = `http://127.0.0.1:${port + 9}`;
  await eventually("all peers", async () =>
    (await call(url, "net_info", {})).peers.length === 4 ? true : undefined,
  );
  const tx = transfer({ devnet }, rich, 0n, createAccount().address);
  const { id } = await call(url, "broadcast_tx", { tx });
  const included = await eventually("inclusion", () =>
    call(url, "tx", { id }).catch(() => undefined),
  );
  expect(included.code).toBeNull();
  expect(await call(validatorUrl, "block", { height: included.height })).toEqual(
    await call(url, "block", { height: included.height }),
  );
  const { validators, validator } = await call(url, "status", {});
  expect(validators.map(({ address }) => address)).not.toContain(validator);
  expect((await call(validatorUrl, "net_info", {})).peers).toContainEqual(
    expect.objectContaining({ id: validator, validator: false }),
  );
});
