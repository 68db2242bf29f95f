import { join } from "node:path";
import { bytesToHex, PROTOCOL_VERSION } from "@ropenet/protocol";
import type { Logger } from "pino";
import type { NodeConfig } from "./config.ts";
import { createEngine, type Engine } from "./engine/engine.ts";
import type { CommittedBlock } from "./engine/ledger.ts";
import { NodeError } from "./errors.ts";
import { type Home, openHome } from "./home.ts";
import { createMetrics, type NodeMetrics } from "./metrics/metrics.ts";
import { createNodeInfo, type NodeInfo } from "./metrics/node-info.ts";
import { createBanBook } from "./p2p/ban-book.ts";
import { type ReadyJson, readinessOf } from "./readiness.ts";
import { createAddressList, LOOPBACK } from "./rpc/address-list.ts";
import { createHandlers } from "./rpc/methods.ts";
import { createRateLimit } from "./rpc/rate-limit.ts";
import { createRpcServer, type RpcServer } from "./rpc/server.ts";
import { createShelf } from "./snapshot/shelf.ts";
import { upgradeNeeded } from "./upgrade.ts";

export interface NodeComponents {
  readonly logger: Logger;
  /** The chain cannot go on here; the node is to be stopped and a human must look. */
  readonly onHalted: (reason: NodeError) => void;
  /** of the store's key, where the configuration names one */
  readonly passphrase?: string | undefined;
  /** governed upgrades whose rules this program carries; see upgrade.ts */
  readonly upgrades?: readonly string[];
}

/** One validator or observer: a home, an engine over it, and a window for clients. */
export interface RopeNode {
  /** Serves peers and clients when it resolves. @throws {CodedError} `node/port-busy`, `node/cannot-listen` */
  start(): Promise<void>;
  /** Leaves nothing open. May be called at any time after `createNode`, once. */
  stop(): Promise<void>;
}

/** Opens and locks the home. @throws {CodedError} in one line why this cannot be a node */
export function createNode(config: NodeConfig, components: NodeComponents): RopeNode {
  const metrics = createMetrics();
  const home = openHome(config, { meter: metrics, passphrase: components.passphrase });
  const { upgrades } = components;
  const needed = upgradeNeeded(home.runtime.queries, home.ledger.tip().height, upgrades);
  if (needed) {
    home.close();
    metrics.close();
    throw needed;
  }
  const shelf =
    config.snapshots &&
    createShelf(
      { ...config.snapshots, directory: join(config.directory, "snapshots") },
      { ledger: home.ledger, snapshots: home.runtime.snapshots, logger: components.logger },
    );
  const bans = createBanBook({ file: join(config.directory, "peers.json") });
  const { logger, onHalted } = components;
  warnOfSpoilt(home, logger);
  const engine = createEngine(config, {
    home,
    logger,
    meter: metrics,
    bans,
    shelf,
    events: {
      onCommitted(block): void {
        logger.info(summaryOf(block), "committed");
        metrics.committed(block, engine.syncing);
        rpc.publish(block);
        home.pruner?.after(block.block.header.height);
        shelf?.after(block.block.header.height);
        const reason = upgradeNeeded(home.runtime.queries, block.block.header.height, upgrades);
        if (!reason) return;
        engine.retire();
        onHalted(reason);
      },
      onHalted: ({ height, detail, cause }) =>
        onHalted(new NodeError({ code: "node/halted", height, detail }, { cause })),
    },
  });
  const { ledger } = home;
  metrics.watch({
    height: () => Number(ledger.tip().height),
    round: () => engine.round,
    syncing: () => engine.syncing,
    peers: () => engine.peers().length,
    bannedPeers: () => bans.size,
    mempoolTransactions: () => engine.mempool.size,
    mempoolBytes: () => engine.mempool.bytes,
  });
  const nodeInfo = createNodeInfo(
    {
      directory: config.directory,
      protocolVersion: PROTOCOL_VERSION,
      sampleEveryMs: config.metrics.sampleEveryMs,
    },
    {
      metrics,
      height: () => ledger.tip().height,
      peers: () => engine.peers().length,
      mempool: () => engine.mempool.size,
    },
  );
  const rpc = createNodeRpc(config, { home, engine, metrics, nodeInfo, logger });

  return {
    async start(): Promise<void> {
      await rpc.start();
      await engine.start();
      nodeInfo.start();
      logger.info(
        {
          chain: home.genesis.parameters.chainName,
          height: String(home.ledger.tip().height),
          p2p: config.p2p.port,
          rpc: config.rpc.port,
          signs: home.signer !== undefined,
        },
        "node started",
      );
    },
    async stop(): Promise<void> {
      nodeInfo.stop();
      await Promise.all([engine.stop(), rpc.close(), shelf?.close()]);
      metrics.close();
      home.close();
    },
  };
}

/** Whether the record before it is as good, the engine finds out when it starts, by what else knows of signatures. */
function warnOfSpoilt({ signer, checkpointKey }: Home, logger: Logger): void {
  const files = { "signer.state": signer, "checkpoint.state": checkpointKey };
  for (const [file, part] of Object.entries(files)) {
    if (part?.isSpoilt)
      logger.warn({ file }, "newest record unreadable, the one before it is used");
  }
}

interface RpcParts {
  readonly home: Home;
  readonly engine: Engine;
  readonly metrics: NodeMetrics;
  readonly nodeInfo: NodeInfo;
  readonly logger: Logger;
}

function createNodeRpc(config: NodeConfig, parts: RpcParts): RpcServer {
  const { home, engine, metrics, nodeInfo, logger } = parts;
  const { ledger, runtime, genesis, genesisBytes, keys } = home;
  const handlers = createHandlers({
    chainName: genesis.parameters.chainName,
    genesisBytes,
    self: keys.address,
    ledger,
    application: runtime.application,
    queries: runtime.queries,
    mempool: engine.mempool,
    peers: () => engine.peers(),
    syncing: () => engine.syncing,
    nodeInfo,
    submit: (transaction) => engine.submit(transaction),
  });
  const { trusted, maxConnections, ...pace } = config.rpc.rateLimit;
  return createRpcServer(config.rpc, {
    handlers,
    logger,
    foresee: (transactions) => engine.mempool.foresee(transactions),
    onRefused: metrics.rpcRefused,
    limits: createRateLimit({
      ...pace,
      maxConnectionsPerClient: maxConnections,
      trusted: createAddressList(trusted),
    }),
    operator: {
      health: () => ({
        ok: true,
        height: String(ledger.tip().height),
        peers: engine.peers().length,
        syncing: engine.syncing,
      }),
      ready: () => readyOf(home, engine),
      metrics,
      operators: createAddressList([...LOOPBACK, ...config.metrics.allow]),
    },
  });
}

function readyOf({ ledger, keys, signer }: Home, engine: Engine): ReadyJson {
  const peers = engine.peers();
  const self = signer ? [bytesToHex(keys.address)] : [];
  return readinessOf({
    height: ledger.tip().height,
    syncing: engine.syncing,
    validators: ledger.validators(),
    heard: [...self, ...peers.map(({ id }) => id)],
    peers: peers.length,
  });
}

function summaryOf({ block, commit }: CommittedBlock): object {
  const { height } = block.header;
  return { height: String(height), round: commit.round, transactions: block.transactions.length };
}
