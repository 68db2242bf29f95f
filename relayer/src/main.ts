import { createRopeAdapter } from "@ropenet/adapter-mainchain";
import { runService } from "@ropenet/adapter-sdk";
import { connectRope, createWallet, ropeTrustOf } from "@ropenet/client";
import {
  accountToB32,
  bytesToHex,
  CodedError,
  hexToBytes,
  ropeGatewayUid,
  SUITE_KECCAK,
} from "@ropenet/protocol";
import { destination, pino } from "pino";
import { loadConfig, loadSecretKey, type RelayerConfig } from "./config.ts";
import type { QueueStore } from "./queue/trigger-queue.ts";
import { type Relayer, startRelayer } from "./relayer.ts";

const HELP = `Usage: node relayer/src/main.ts --config FILE

Carries packets and receipts between the rope and its strands. Holds no state of its own:
kill it at any time, start it again, run as many as you like on one queue.

  --config FILE   JSON: worker, rope, strands, postgres (docs/operations.md)
  REDIS_URL       when set, triggers wait in Redis instead of PostgreSQL
`;

function queueStore(config: RelayerConfig, redisUrl: string | undefined): QueueStore {
  if (redisUrl) return { kind: "redis", url: redisUrl };
  if (config.postgres) return { kind: "postgres", connection: config.postgres };
  throw new CodedError({ code: "relayer/no-queue", reason: "set REDIS_URL or config.postgres" });
}

async function start(config: RelayerConfig): Promise<Relayer> {
  const logger = pino({ base: { worker: config.worker } }, destination(1));
  const store = queueStore(config, process.env["REDIS_URL"]);
  const rope = await connectRope(config.rope.urls, ropeTrustOf(config.rope));
  const wallet = createWallet({
    rpc: rope.rpc,
    chainId: rope.anchor.chainId,
    secretKey: hexToBytes(loadSecretKey(config.rope.secretKeyFile)),
  });
  // Loaded late: a relayer for one kind of strand should not wait for the libraries of the others.
  const { createEvmAdapter } = await import("@ropenet/adapter-evm");
  const strands = config.strands.map((strand) => ({
    adapter: createEvmAdapter({
      name: strand.name,
      rpcUrl: strand.rpcUrl,
      gatewayAddress: strand.gatewayAddress,
      gatewayUid: hexToBytes(strand.gatewayUid),
      ropeGatewayUid: ropeGatewayUid(rope.anchor.chainId),
      secretKey: loadSecretKey(strand.secretKeyFile),
      payee: accountToB32(wallet.address),
      attestors: strand.attestors,
      startHeight: BigInt(strand.startHeight),
    }),
    startHeight: BigInt(strand.startHeight),
  }));
  const relayer = await startRelayer(
    {
      worker: config.worker,
      rope: createRopeAdapter({ rope, wallet, suiteOf: () => SUITE_KECCAK }),
      strands,
      queue: store,
      scanEveryMs: config.scanEveryMs,
      limits: config.batch,
      statusPort: config.statusPort,
    },
    logger,
  );
  logger.info(
    { statusPort: relayer.statusPort, account: bytesToHex(wallet.address), queue: store.kind },
    "relayer ready",
  );
  return relayer;
}

await runService({
  name: "relayer",
  help: HELP,
  async start(file) {
    const relayer = await start(loadConfig(file));
    return () => relayer.close();
  },
});
