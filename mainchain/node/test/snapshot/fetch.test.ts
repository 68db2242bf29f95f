import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex } from "@ropenet/protocol";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createKeys,
  createNode,
  type RopeNode,
  readConfig,
  writeNodeHome,
} from "../../src/index.ts";
import { fetchState, mustFetch } from "../../src/snapshot/fetch-snapshot.ts";
import { call, eventually } from "../network/devnet.ts";
import { createLocalNodes, type LocalNodes } from "../network/local-nodes.ts";

const logger = pino({ level: "silent" });
const observers = [0, 1].map(() => createKeys({ bridge: false }));
let nodes: LocalNodes;
let trust: { readonly trustHeight: number; readonly trustBlockId: string };
let node: RopeNode | undefined;

const shelfOf = (index: number) =>
  join(readConfig(nodes.home(index).configFile).directory, "snapshots");

/** Validators 0 to 2 make snapshots; observers that begin ask them. */
beforeAll(async () => {
  nodes = await createLocalNodes();
  for (const index of [0, 1, 2, 3]) {
    const { p2pPort } = nodes.home(index);
    const peers = readConfig(nodes.home(index).configFile).p2p.peers;
    nodes.configure(index, {
      p2p: {
        port: p2pPort,
        peers,
        observers: observers.map(({ publicKey }) => bytesToHex(publicKey)),
      },
      ...(index < 3 ? { snapshots: { everyBlocks: 3, keep: 2 } } : {}),
    });
  }
  await nodes.start(0, 1, 2, 3);
  await nodes.pay(0, 6);
  await eventually("snapshots", () =>
    [0, 1, 2].every((index) => readdirSync(shelfOf(index)).length === 2) ? true : undefined,
  );
  const { blockId } = await call(nodes.url(0), "block", { height: "2" });
  trust = { trustHeight: 2, trustBlockId: blockId };
});
afterAll(async () => {
  await node?.stop();
  await nodes.close();
});

function observerHome(index: number, change: Partial<typeof trust> = {}) {
  const keys = observers[index];
  if (!keys) throw new Error("no observer");
  const port = nodes.home(3).rpcPort + 1 + 2 * index;
  return writeNodeHome(join(nodes.directory, `observer-${index}`), keys, {
    genesisFile: nodes.devnet.genesisFile,
    stateSync: { ...trust, ...change },
    p2p: { port, peers: [0, 1, 2].map((peer) => `127.0.0.1:${nodes.home(peer).p2pPort}`) },
    rpc: { port: port + 1 },
  });
}

describe("a node that begins", () => {
  it("keeps the newest snapshots only, and none on a node that is not asked to", () => {
    const heights = readdirSync(shelfOf(0)).map(Number);
    expect(heights.every((height) => height % 3 === 0)).toBe(true);
    expect(existsSync(shelfOf(3))).toBe(false);
  });

  it("takes its peers' state, though one of them lies about a piece, and follows the chain from there", async () => {
    const [newest] = readdirSync(shelfOf(1)).toSorted((one, other) => Number(other) - Number(one));
    const file = join(shelfOf(1), newest ?? "", "state-00000.bin");
    const bytes = readFileSync(file);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const { configFile } = observerHome(0);
    const config = readConfig(configFile);
    expect(mustFetch(config)).toBe(true);
    const { height } = await fetchState(config, { logger });
    expect(height).toBeGreaterThanOrEqual(6n);
    expect(mustFetch(config)).toBe(false);
    expect(readdirSync(config.directory)).toEqual(["state.db"]);
    node = createNode(config, {
      logger,
      onHalted: (reason) => {
        throw reason;
      },
    });
    await node.start();
    await nodes.pay(2, 1);
    const tip = await nodes.height(2);
    const url = `http://127.0.0.1:${config.rpc.port}`;
    await eventually("the tip", async () =>
      BigInt((await call(url, "status", {})).height) >= tip ? true : undefined,
    );
    const [own, theirs] = await Promise.all(
      [url, nodes.url(2)].map((one) => call(one, "signed_header", { height: String(tip) })),
    );
    expect(own?.header).toBe(theirs?.header);
    await expect(call(url, "block", { height: "1" })).rejects.toThrow(
      expect.objectContaining({ code: "rpc/height-unknown" }),
    );
  });

  it("takes nothing that does not lead to the header that its operator trusts", async () => {
    const { configFile } = observerHome(1, { trustBlockId: "07".repeat(32) });
    const config = readConfig(configFile);
    await expect(fetchState(config, { logger })).rejects.toThrow(
      expect.objectContaining({ code: "snapshot/untrusted" }),
    );
    expect(readdirSync(config.directory)).toEqual([]);
  });
});
