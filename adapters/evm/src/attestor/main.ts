import { destination, pino } from "pino";
import { readArguments } from "./arguments.ts";
import { AttestorError } from "./attestor-error.ts";
import { startAttestorService } from "./attestor-service.ts";
import { loadAttestorConfig } from "./config.ts";

const HELP = `Usage: node adapters/evm/src/attestor/main.ts --config FILE

Signs the finalised headers of one EVM strand, never two for one height, and nothing else.

  --config FILE   JSON: name, rpcUrl, port, genesisHash, threshold, keyFiles, directory
`;

async function main(): Promise<void> {
  const file = readArguments(process.argv.slice(2));
  if (file === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const config = loadAttestorConfig(file);
  const logger = pino({ base: { attestor: config.name } }, destination(1));
  const service = await startAttestorService(config, { logger });
  logger.info({ port: service.port, attestors: service.addresses.length }, "attestor ready");
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      void service.close().then(() => process.exit(0));
    });
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  const isUsage = error instanceof AttestorError && error.code === "attestor/bad-arguments";
  process.exitCode = isUsage ? 2 : 1;
}
