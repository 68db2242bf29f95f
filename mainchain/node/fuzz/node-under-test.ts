import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { step } from "@ropenet/consensus";
import {
  addressOf,
  encodeMessage,
  PROTOCOL_VERSION,
  signTransaction,
  sm2,
} from "@ropenet/protocol";
import { type Logger, pino } from "pino";
import { SYSTEM_CLOCK } from "../src/clock.ts";
import { readConfig } from "../src/config.ts";
import { createBlockSync } from "../src/engine/block-sync.ts";
import { createDriver, type Driver, type DriverOutlet } from "../src/engine/driver.ts";
import type { Ledger } from "../src/engine/ledger.ts";
import { createReactor, type Reactor } from "../src/engine/reactor.ts";
import { createTransactionGossip } from "../src/engine/transaction-gossip.ts";
import { type Home, openHome } from "../src/home.ts";
import { createDevnet, type Devnet } from "../src/init.ts";
import { type NodeKeys, readKeys } from "../src/keys.ts";
import { createMempool, type Mempool } from "../src/mempool.ts";
import { SILENT_METER } from "../src/metrics/meter.ts";
import { createDispatcher, type Dispatcher } from "../src/rpc/dispatch.ts";
import { createHandlers, type RpcHandlers } from "../src/rpc/methods.ts";

/** The real parts of one validator of four, over a real home; only lines and the other three are missing. */
export interface NodeUnderTest {
  readonly home: Home;
  readonly ledger: Ledger;
  readonly driver: Driver;
  readonly reactor: Reactor;
  readonly mempool: Mempool;
  readonly dispatcher: Dispatcher;
  readonly validators: readonly NodeKeys[];
  readonly rich: Uint8Array;
  /** what the node said of itself that it must never say: halts, internal errors */
  readonly faults: string[];
  close(): void;
}

function createFuzzNet(directory: string, rich: Uint8Array): Devnet {
  return createDevnet({
    directory,
    chainName: "fuzz",
    validators: 4,
    basePort: 1_024,
    accounts: [{ address: rich, balance: 10n ** 15n }],
  });
}

export function createNodeUnderTest(): NodeUnderTest {
  const directory = mkdtempSync(join(tmpdir(), "rope-fuzz-"));
  const rich = sm2.randomSecretKey();
  const devnet = createFuzzNet(directory, addressOf(sm2.getPublicKey(rich)));
  const [own] = devnet.nodes;
  if (!own) throw new Error("no node");
  const config = readConfig(own.configFile);
  const home = openHome(config);
  const { ledger, runtime, keys, wal, signer } = home;
  const { application } = runtime;
  const faults: string[] = [];
  const logger = watchfulLogger(faults);
  const mempool = createMempool(config.mempool, { application, isValidator: () => false });
  const peers = (): readonly never[] => [];
  const transactions = createTransactionGossip({
    mempool,
    peers,
    isValidator: () => true,
    onAdmitted: () => undefined,
    clock: SYSTEM_CLOCK,
  });
  const driver = createDriver(
    { consensus: config.timeouts, self: keys.address, block: config.block },
    {
      ledger,
      application,
      mempool,
      wal,
      signer,
      outlet: deafOutlet(faults),
      logger,
      clock: SYSTEM_CLOCK,
      step,
    },
  );
  const sync = createBlockSync({
    ledger,
    driver,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    logger,
  });
  const reactor = createReactor({
    ledger,
    driver,
    sync,
    transactions,
    peers,
    mempoolSize: () => mempool.size,
    findTransaction: (name) => mempool.find(name),
    meter: SILENT_METER,
    clock: SYSTEM_CLOCK,
    logger,
  });
  driver.start();
  return {
    home,
    ledger,
    driver,
    reactor,
    mempool,
    dispatcher: createDispatcher(handlersOf(home, mempool), {
      logger,
      foresee: (transactions) => mempool.foresee(transactions),
    }),
    validators: devnet.nodes.map(({ keysFile }) => readKeys(keysFile)),
    rich,
    faults,
    close(): void {
      driver.stop();
      sync.stop();
      transactions.stop();
      home.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function handlersOf({ genesisBytes, keys, ledger, runtime }: Home, mempool: Mempool): RpcHandlers {
  return createHandlers({
    chainName: "fuzz",
    genesisBytes,
    self: keys.address,
    ledger,
    application: runtime.application,
    queries: runtime.queries,
    mempool,
    peers: () => [],
    syncing: () => false,
    nodeInfo: { read: () => ({}) as never },
    submit: (bytes) => mempool.add(bytes),
  });
}

/** A transfer that would be included. */
export function transferOf(node: NodeUnderTest, nonce: bigint): Uint8Array {
  return signTransaction(
    {
      version: PROTOCOL_VERSION,
      chainId: node.ledger.chainId,
      publicKey: sm2.getPublicKey(node.rich),
      nonce,
      feeLimit: 10n ** 6n,
      expiryHeight: 1_000n,
      ...encodeMessage("accounts/transfer", { to: new Uint8Array(20), amount: 1n }),
    },
    node.rich,
  );
}

function deafOutlet(faults: string[]): DriverOutlet {
  return {
    sendVote: () => undefined,
    sendProposal: () => undefined,
    requestBlock: () => undefined,
    isConnected: () => true,
    moved: () => undefined,
    committed: () => undefined,
    halted: ({ height, detail }) => void faults.push(`halted at ${height}: ${detail}`),
  };
}

/** Errors in the log are faults of the node; warnings are what it says of strangers. */
function watchfulLogger(faults: string[]): Logger {
  const stream = {
    write(line: string): void {
      const { level, msg, err } = JSON.parse(line) as Record<string, unknown>;
      if (Number(level) >= 50) faults.push(`${msg} ${JSON.stringify(err ?? {}).slice(0, 800)}`);
    },
  };
  return pino({ level: "error" }, stream);
}
