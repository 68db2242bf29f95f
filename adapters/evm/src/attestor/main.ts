import { runService } from "@ropenet/adapter-sdk";
import { destination, pino } from "pino";
import { startAttestorService } from "./attestor-service.ts";
import { loadAttestorConfig } from "./config.ts";

const HELP = `Usage: node adapters/evm/src/attestor/main.ts --config FILE

Signs the finalised headers of one EVM strand, never two for one height, and nothing else.

  --config FILE   JSON: name, rpcUrl, port, genesisHash, threshold, keyFiles, directory
`;

await runService({
  name: "attestor",
  help: HELP,
  async start(file) {
    const config = loadAttestorConfig(file);
    const logger = pino({ base: { attestor: config.name } }, destination(1));
    const service = await startAttestorService(config, { logger });
    logger.info({ port: service.port, attestors: service.addresses.length }, "attestor ready");
    return () => service.close();
  },
});
