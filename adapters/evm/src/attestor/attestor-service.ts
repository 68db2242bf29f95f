import { bytesToHex, equalBytes, hexToBytes } from "@ropenet/protocol";
import type { Logger } from "pino";
import { readHeader } from "../rpc/header.ts";
import { createEvmRpc } from "../rpc/json-rpc.ts";
import { createAttestationSource } from "./attestation-source.ts";
import { createAttestor } from "./attestor.ts";
import { AttestorError } from "./attestor-error.ts";
import { type AttestorConfig, loadAttestorKey } from "./config.ts";
import { type FinalisedChain, followFinalised } from "./follow-finalised.ts";
import { type AttestorServer, serveAttestations } from "./http-server.ts";

export interface AttestorService {
  readonly port: number;
  readonly addresses: readonly Uint8Array[];
  close(): Promise<void>;
}

async function checkGenesis(config: AttestorConfig, signal: AbortSignal): Promise<void> {
  const { hash } = await readHeader(createEvmRpc(config.rpcUrl), 0n, signal);
  if (equalBytes(hash, hexToBytes(config.genesisHash))) return;
  throw new AttestorError({
    code: "attestor/wrong-chain",
    expected: config.genesisHash,
    actual: bytesToHex(hash),
  });
}

/**
 * The attestors of one strand that live in this process. Serves once the node is found to be the right chain.
 * @throws {AttestorError} `attestor/wrong-chain`, `attestor/key-exposed`, `attestor/bad-journal`
 */
export async function startAttestorService(
  config: AttestorConfig,
  { logger }: { readonly logger: Logger },
): Promise<AttestorService> {
  const closing = new AbortController();
  await checkGenesis(config, closing.signal);
  const genesisHash = hexToBytes(config.genesisHash);
  const attestors = config.keyFiles.map((file, position) =>
    createAttestor({
      index: config.firstIndex + position,
      secretKey: loadAttestorKey(file),
      genesisHash,
      directory: config.directory,
    }),
  );
  if (attestors.length > 1) {
    logger.warn(
      { attestors: attestors.length, name: config.name },
      "开发模式：一个进程承载多个见证人 development profile: one process hosts several attestors",
    );
  }
  const signedBefore = attestors.flatMap(({ journal }) => {
    const hash = journal.signedAt(journal.highWater);
    return hash ? [{ height: journal.highWater, hash }] : [];
  });
  const chain = followFinalised(createEvmRpc(config.rpcUrl), signedBefore, closing.signal);
  const source = createAttestationSource(config, attestors, chain);
  const polling = pollChain(config, chain, source, logger, closing.signal);
  let server: AttestorServer;
  try {
    server = await serveAttestations(config, source, logger);
  } catch (error) {
    closing.abort();
    await polling;
    throw error;
  }
  return {
    port: server.port,
    addresses: attestors.map(({ address }) => address),
    async close(): Promise<void> {
      closing.abort();
      await Promise.all([server.close(), polling]);
      for (const { journal } of attestors) journal.close();
    },
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}

/** Every new finalised header is signed when it appears, so that asking costs no signing. */
async function pollChain(
  { name, pollMs }: AttestorConfig,
  chain: FinalisedChain,
  source: { signTip(): void },
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  let lastCode = "";
  while (!signal.aborted) {
    try {
      await chain.advance();
      source.signTip();
      lastCode = "";
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      const isNew = code !== lastCode && !signal.aborted;
      if (isNew) logger.error({ name, err: error }, "cannot follow the finalised chain");
      lastCode = typeof code === "string" ? code : "attestor/unexpected";
    }
    await pause(pollMs, signal);
  }
}
