import { runService } from "@ropenet/adapter-sdk";
import { connectRope, ropeTrustOf } from "@ropenet/client";
import pg from "pg";
import { pino } from "pino";
import { startAgent } from "./agent.ts";
import { loadConfig, loadSecretKey } from "./config.ts";

const HELP = `Usage: node adapters/agent/src/main.ts --config FILE

The data agent beside a department's store: answers yes or no against a proven, unrevoked reservation.
`;

async function start(file: string): Promise<() => Promise<void>> {
  const config = loadConfig(file);
  const logger = pino({ base: { agent: config.department } });
  const agent = await startAgent(
    { ...config, secretKey: loadSecretKey(config.secretKeyFile) },
    {
      rope: await connectRope(config.ropeUrls, ropeTrustOf(config)),
      pool: new pg.Pool({ ...config.postgres, max: 4 }),
      logger,
    },
  );
  logger.info({ port: agent.port }, "agent ready");
  return () => agent.close();
}

await runService({ name: "agent", help: HELP, start });
