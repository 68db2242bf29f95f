import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { connectRope, ropeTrustOf } from "@ropenet/client";
import { hexToBytes } from "@ropenet/protocol";
import pg from "pg";
import { pino } from "pino";
import { startAgent } from "./agent.ts";
import { loadConfig } from "./config.ts";

const HELP = `Usage: node adapters/agent/src/main.ts --config FILE

The data agent beside a department's store: answers yes or no against a proven, unrevoked reservation.
`;

const { values } = parseArgs({
  options: { config: { type: "string" }, help: { type: "boolean", default: false } },
});

if (values.help || !values.config) {
  process.stdout.write(HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  try {
    const config = loadConfig(values.config);
    const logger = pino({ base: { agent: config.department } });
    const agent = await startAgent(
      { ...config, secretKey: hexToBytes(readFileSync(config.secretKeyFile, "utf8").trim()) },
      {
        rope: await connectRope(config.ropeUrls, ropeTrustOf(config)),
        pool: new pg.Pool({ ...config.postgres, max: 4 }),
        logger,
      },
    );
    logger.info({ port: agent.port }, "agent ready");
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      process.once(name, () => {
        void agent.close().then(() => process.exit(0));
      });
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
