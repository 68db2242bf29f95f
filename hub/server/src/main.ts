import { runService } from "@ropenet/adapter-sdk";
import { connectRope, ropeTrustOf } from "@ropenet/client";
import { hexToBytes, ropeGatewayUid, ZERO_32 } from "@ropenet/protocol";
import pg from "pg";
import { pino } from "pino";
import { type HubConfig, loadConfig } from "./config.ts";
import { startIndexer } from "./indexer/indexer.ts";
import { startHub } from "./server.ts";
import { openDatabase } from "./store/database.ts";

const HELP = `Usage: node hub/server/src/main.ts --config FILE

The hub: indexes the chains, serves REST, server-sent events, OpenAPI and the console.
Its database can be dropped at any time; the indexer writes it again from the chains.
`;

async function start(config: HubConfig): Promise<() => Promise<void>> {
  const logger = pino();
  const pool = new pg.Pool({ ...config.postgres, max: 8, connectionTimeoutMillis: 5_000 });
  const database = await openDatabase(pool, (err) => logger.warn({ err }, "database broke"));
  const rope = await connectRope(config.ropeUrls, ropeTrustOf(config));
  // The hub only reads strands; the throw-away key never signs.
  const { createEvmAdapter } = await import("@ropenet/adapter-evm");
  const strands = config.strands.map((strand) => ({
    adapter: createEvmAdapter({
      name: strand.name,
      rpcUrl: strand.rpcUrl,
      gatewayAddress: strand.gatewayAddress,
      gatewayUid: hexToBytes(strand.gatewayUid),
      ropeGatewayUid: ropeGatewayUid(rope.anchor.chainId),
      secretKey: `${"0".repeat(63)}1`,
      payee: ZERO_32,
      attestors: [],
      startHeight: BigInt(strand.startHeight),
    }),
    startHeight: BigInt(strand.startHeight),
  }));
  const indexer = startIndexer({ rope, database, strands, logger }, config.indexEveryMs);
  const hub = await startHub(
    { port: config.port, consoleDirectory: config.consoleDirectory },
    { rope, database, indexer, strands: strands.map(({ adapter }) => adapter), logger },
  );
  logger.info({ port: hub.port }, "hub ready");
  return async () => {
    await hub.close();
    await indexer.close();
    await Promise.all(strands.map(({ adapter }) => adapter.close()));
    await database.destroy();
  };
}

await runService({ name: "hub", help: HELP, start: (file) => start(loadConfig(file)) });
