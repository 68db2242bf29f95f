import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import {
  createDevnet,
  createNode,
  type Devnet,
  type DevnetNode,
  type DevnetOptions,
  type NodeConfigInput,
  type NodeError,
  type RopeNode,
  readConfig,
} from "../../src/index.ts";
import {
  call,
  createAccount,
  eventually,
  freePorts,
  type TestAccount,
  transfer,
} from "./devnet.ts";

/** Four validators inside the test's own process, each of which can be configured, stopped and started. */
export interface LocalNodes {
  readonly directory: string;
  readonly devnet: Devnet;
  readonly rich: TestAccount;
  readonly halted: ReadonlyMap<number, NodeError>;
  home(index: number): DevnetNode;
  url(index: number): string;
  /** The passphrase for the next starts. */
  unlock(index: number, passphrase: string): void;
  /** The governed upgrades that the program of the next starts carries. */
  carry(upgrades: readonly string[]): void;
  /** Settings for the next start. */
  configure(index: number, change: Partial<NodeConfigInput>): void;
  start(...indexes: readonly number[]): Promise<void>;
  stop(...indexes: readonly number[]): Promise<void>;
  height(index: number): Promise<bigint>;
  reach(index: number, height: bigint): Promise<void>;
  /** One transfer after the other through node `index`, each included before the next. */
  pay(index: number, count: number): Promise<void>;
  close(): Promise<void>;
}

export async function createLocalNodes(options: Partial<DevnetOptions> = {}): Promise<LocalNodes> {
  const directory = mkdtempSync(join(tmpdir(), "rope-nodes-"));
  const rich = createAccount();
  const devnet = createDevnet({
    directory,
    chainName: "local",
    validators: 4,
    basePort: await freePorts(10),
    accounts: [{ address: rich.address, balance: 10n ** 12n }],
    ...options,
  });
  const halted = new Map<number, NodeError>();
  const running = new Map<number, RopeNode>();
  const passphrases = new Map<number, string>();
  let carried: readonly string[] = [];
  let nonce = 0n;

  const nodes: LocalNodes = {
    directory,
    devnet,
    rich,
    halted,
    home(index): DevnetNode {
      const home = devnet.nodes[index];
      if (!home) throw new Error(`no node ${index}`);
      return home;
    },
    url: (index) => nodes.home(index).rpcUrl,
    carry(upgrades): void {
      carried = upgrades;
    },
    unlock: (index, passphrase) => void passphrases.set(index, passphrase),
    configure(index, change): void {
      const { configFile } = nodes.home(index);
      const config = JSON.parse(readFileSync(configFile, "utf8"));
      const merged = {
        ...config,
        ...change,
        rpc: { ...config.rpc, ...change.rpc },
        p2p: { ...config.p2p, ...change.p2p },
      };
      writeFileSync(configFile, JSON.stringify(merged));
    },
    async start(...indexes): Promise<void> {
      const fresh = indexes.map((index) => {
        const node = createNode(readConfig(nodes.home(index).configFile), {
          logger: pino({ level: "silent" }),
          onHalted: (reason) => void halted.set(index, reason),
          passphrase: passphrases.get(index),
          upgrades: carried,
        });
        running.set(index, node);
        return node;
      });
      await Promise.all(fresh.map((node) => node.start()));
    },
    async stop(...indexes): Promise<void> {
      await Promise.all(
        indexes.map(async (index) => {
          await running.get(index)?.stop();
          running.delete(index);
        }),
      );
    },
    height: async (index) => BigInt((await call(nodes.url(index), "status", {})).height),
    async reach(index, height): Promise<void> {
      await eventually(`height ${height} of node ${index}`, async () =>
        (await nodes.height(index)) >= height ? true : undefined,
      );
    },
    async pay(index, count): Promise<void> {
      for (let turn = 0; turn < count; turn += 1) {
        const tx = transfer(nodes, rich, nonce, createAccount().address);
        nonce += 1n;
        // A connection kept open to a node that was restarted fails once.
        const { id } = await eventually("an answer", () =>
          call(nodes.url(index), "broadcast_tx", { tx }),
        );
        await eventually("inclusion", () =>
          call(nodes.url(index), "tx", { id }).catch(() => undefined),
        );
      }
    },
    async close(): Promise<void> {
      await nodes.stop(...running.keys());
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return nodes;
}
