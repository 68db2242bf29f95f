import { parseArgs } from "node:util";
import { destination, pino } from "pino";
import { startAttestorService } from "./attestor-service.ts";
import { loadAttestorConfig } from "./config.ts";

const HELP = `Usage: node adapters/evm/src/attestor/main.ts --config FILE

Signs the finalised headers of one EVM strand, never two for one height, and nothing else.

  --config FILE   JSON: name, rpcUrl, port, genesisHash, threshold, keyFiles, directory
`;

const { values } = parseArgs({
  options: { config: { type: "string" }, help: { type: "boolean", default: false } },
});

if (values.help || !values.config) {
  process.stdout.write(HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  try {
    const config = loadAttestorConfig(values.config);
    const logger = pino({ base: { attestor: config.name } }, destination(1));
    const service = await startAttestorService(config, { logger });
    logger.info({ port: service.port, attestors: service.addresses.length }, "attestor ready");
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      process.once(name, () => {
        void service.close().then(() => process.exit(0));
      });
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
