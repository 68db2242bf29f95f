import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { createDevnet, createNode, type Devnet, readConfig } from "../../src/index.ts";
import { call, createAccount, eventually, freePorts, type TestAccount } from "../network/devnet.ts";

/** A chain inside the test's own process; clients talk to its first node. */
export interface LocalNetwork {
  readonly devnet: Devnet;
  readonly url: string;
  readonly rich: TestAccount;
  close(): Promise<void>;
}

export async function startLocalNetwork(): Promise<LocalNetwork> {
  const directory = mkdtempSync(join(tmpdir(), "rope-local-"));
  const rich = createAccount();
  const devnet = createDevnet({
    directory,
    chainName: "local",
    validators: 4,
    basePort: await freePorts(8),
    accounts: [{ address: rich.address, balance: 10n ** 12n }],
    config: { rpc: { maxConnections: 16, maxSubscriptions: 2 } },
  });
  const nodes = devnet.nodes.map(({ configFile }) =>
    createNode(readConfig(configFile), {
      logger: pino({ level: "silent" }),
      onHalted: (reason) => {
        throw reason;
      },
    }),
  );
  await Promise.all(nodes.map((node) => node.start()));
  const url = devnet.nodes[0]?.rpcUrl ?? "";
  await eventually("the second block", async () =>
    BigInt((await call(url, "status", {})).height) >= 2n ? true : undefined,
  );
  return {
    devnet,
    url,
    rich,
    async close(): Promise<void> {
      await Promise.all(nodes.map((node) => node.stop()));
      rmSync(directory, { recursive: true });
    },
  };
}
