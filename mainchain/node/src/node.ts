import type { Logger } from "pino";
import type { NodeConfig } from "./config.ts";
import { createEngine, type Engine } from "./engine/engine.ts";
import type { CommittedBlock } from "./engine/ledger.ts";
import { NodeError } from "./errors.ts";
import { type Home, openHome } from "./home.ts";
import { createHandlers } from "./rpc/methods.ts";
import { createRpcServer, type HealthJson, type RpcServer } from "./rpc/server.ts";

export interface NodeComponents {
  readonly logger: Logger;
  /** The chain cannot go on here; the node is to be stopped and a human must look. */
  readonly onHalted: (reason: NodeError) => void;
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
  const home = openHome(config);
  const { logger, onHalted } = components;
  const engine = createEngine(config, {
    home,
    logger,
    events: {
      onCommitted(block): void {
        logger.info(summaryOf(block), "committed");
        rpc.publish(block);
      },
      onHalted: ({ height, detail }) =>
        onHalted(new NodeError({ code: "node/halted", height, detail })),
    },
  });
  const rpc = createNodeRpc(config, home, engine, logger);

  return {
    async start(): Promise<void> {
      await rpc.start();
      await engine.start();
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
      await Promise.all([engine.stop(), rpc.close()]);
      home.close();
    },
  };
}

function createNodeRpc(config: NodeConfig, home: Home, engine: Engine, logger: Logger): RpcServer {
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
    submit: (transaction) => engine.submit(transaction),
  });
  const health = (): HealthJson => ({
    ok: true,
    height: String(ledger.tip().height),
    peers: engine.peers().length,
    syncing: engine.syncing,
  });
  return createRpcServer(config.rpc, { handlers, health, logger });
}

function summaryOf({ block, commit }: CommittedBlock): object {
  const { height } = block.header;
  return { height: String(height), round: commit.round, transactions: block.transactions.length };
}
