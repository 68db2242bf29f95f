import { createServer, type IncomingMessage, type Server } from "node:http";
import { bytesToHex, CodedError, type CodedErrorInfo } from "@ropenet/protocol";
import type { Logger } from "pino";
import type { AttestationSource, SignedHeader } from "./attestation-source.ts";
import { AttestorError } from "./attestor-error.ts";
import type { AttestorConfig } from "./config.ts";

/** Answer to GET /attestation: hex without 0x, numbers that do not fit a double as decimal strings. */
export interface AttestationJson {
  readonly genesisHash: string;
  readonly threshold: number;
  readonly height: string;
  readonly headerHash: string;
  readonly stateRoot: string;
  readonly timeMs: string;
  readonly signatures: readonly { readonly index: number; readonly signature: string }[];
}

export interface AttestorServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

const STATUS_OF: ReadonlyMap<string, number> = new Map([
  ["attestor/bad-height", 400],
  ["attestor/unknown-parameter", 400],
  ["attestor/unknown-route", 404],
  ["attestor/wrong-method", 405],
  ["attestor/not-final", 409],
  ["attestor/too-old", 410],
  ["attestor/contradiction", 503],
  ["evm/unreachable", 503],
]);
const MAX_CONNECTIONS = 128;
const MAX_HEADER_BYTES = 4_096;
const REQUEST_TIMEOUT_MS = 10_000;

function attestationJson(
  config: AttestorConfig,
  { header, signatures }: SignedHeader,
): AttestationJson {
  return {
    genesisHash: config.genesisHash,
    threshold: config.threshold,
    height: String(header.height),
    headerHash: bytesToHex(header.hash),
    stateRoot: bytesToHex(header.stateRoot),
    timeMs: String(header.timeMs),
    signatures: signatures.map(({ index, signature }) => ({
      index,
      signature: bytesToHex(signature),
    })),
  };
}

function parseHeight(text: string | null): bigint {
  if (text !== null && /^(0|[1-9][0-9]{0,18})$/.test(text)) return BigInt(text);
  throw new AttestorError({ code: "attestor/bad-height", height: String(text).slice(0, 32) });
}

const PARAMETERS: ReadonlyMap<string, readonly string[]> = new Map([
  ["/attestation", ["height"]],
  ["/attestation/latest", []],
  ["/status", []],
  ["/health", []],
]);

/** @throws {AttestorError} `attestor/unknown-route`, `attestor/unknown-parameter`, `attestor/wrong-method` */
function readRequest({ method = "", url: target = "" }: IncomingMessage): URL {
  const base = "http://127.0.0.1";
  const url = URL.canParse(target, base) ? new URL(target, base) : undefined;
  const known = target.startsWith("//") ? undefined : PARAMETERS.get(url?.pathname ?? "");
  if (!url || !known) throw new AttestorError({ code: "attestor/unknown-route", path: target });
  if (method !== "GET")
    throw new AttestorError({ code: "attestor/wrong-method", method, allow: "GET" });
  const parameter = [...url.searchParams.keys()].find(
    (name, index, names) => !known.includes(name) || names.indexOf(name) !== index,
  );
  if (parameter === undefined) return url;
  throw new AttestorError({ code: "attestor/unknown-parameter", parameter });
}

async function route(
  request: IncomingMessage,
  config: AttestorConfig,
  source: AttestationSource,
): Promise<Answer> {
  const url = readRequest(request);
  switch (url.pathname) {
    case "/attestation": {
      const signed = await source.at(parseHeight(url.searchParams.get("height")));
      return { status: 200, body: attestationJson(config, signed) };
    }
    case "/attestation/latest":
      return { status: 200, body: attestationJson(config, source.latest()) };
    case "/status":
      return { status: 200, body: source.status() };
    default:
      return { status: source.isHealthy ? 200 : 503, body: { healthy: source.isHealthy } };
  }
}

function toJson(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? bytesToHex(value) : value;
}

function refusal(error: unknown, logger: Logger): Answer {
  if (error instanceof CodedError) {
    const info: CodedErrorInfo = error.info;
    return { status: STATUS_OF.get(info.code) ?? 500, body: { error: info } };
  }
  logger.error({ err: error }, "attestation failed");
  return { status: 500, body: { error: { code: "attestor/unexpected" } } };
}

/** GET only, on the loopback interface, with bounded connections, headers and time. */
export function serveAttestations(
  config: AttestorConfig,
  source: AttestationSource,
  logger: Logger,
): Promise<AttestorServer> {
  const limits = { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer(limits, (request, response) => {
    const send = ({ status, body }: Answer): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body, toJson));
    };
    route(request, config, source)
      .catch((error: unknown) => refusal(error, logger))
      .then(send, (error: unknown) => logger.error({ err: error }, "answer failed"));
  });
  server.maxConnections = MAX_CONNECTIONS;
  return listen(server, config.port);
}

function listen(server: Server, port: number): Promise<AttestorServer> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address ? address.port : port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}
