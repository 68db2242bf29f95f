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
  ["attestor/bad-query", 400],
  ["attestor/unknown-route", 404],
  ["attestor/wrong-method", 405],
  ["attestor/not-final", 409],
  ["attestor/too-old", 410],
  ["attestor/contradiction", 503],
  ["evm/unreachable", 503],
]);
const ALLOW = "GET, HEAD";
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

/** What a caller wrote, as far as it is worth repeating. */
const shown = (text: string): string => text.slice(0, 100);

function parseHeight(text: string): bigint {
  if (/^(0|[1-9][0-9]{0,18})$/.test(text)) return BigInt(text);
  throw new AttestorError({ code: "attestor/bad-height", height: shown(text) });
}

/** Exactly `fields`, each once. */
function requireQuery(query: URLSearchParams, fields: readonly string[]): void {
  for (const field of query.keys()) {
    if (!fields.includes(field)) {
      throw new AttestorError({
        code: "attestor/bad-query",
        field: shown(field),
        reason: "unknown",
      });
    }
  }
  for (const field of fields) {
    const { length } = query.getAll(field);
    if (length !== 1) {
      const reason = length === 0 ? "missing" : "given twice";
      throw new AttestorError({ code: "attestor/bad-query", field, reason });
    }
  }
}

async function attestation(
  query: URLSearchParams,
  config: AttestorConfig,
  source: AttestationSource,
): Promise<Answer> {
  requireQuery(query, ["height"]);
  const signed = await source.at(parseHeight(query.get("height") ?? ""));
  return { status: 200, body: attestationJson(config, signed) };
}

type Route = (config: AttestorConfig, source: AttestationSource) => Answer;

/** Those that take no query. */
const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  [
    "/attestation/latest",
    (config, source) => ({ status: 200, body: attestationJson(config, source.latest()) }),
  ],
  ["/status", (_, source) => ({ status: 200, body: source.status() })],
  [
    "/health",
    (_, source) => ({
      status: source.isHealthy ? 200 : 503,
      body: { healthy: source.isHealthy },
    }),
  ],
]);

async function answerTo(
  { method = "", url = "/" }: IncomingMessage,
  config: AttestorConfig,
  source: AttestationSource,
): Promise<Answer> {
  // A target that is no path, such as `//`, must not be read as a host.
  const [path = "", search = ""] = url.split("?", 2);
  const route = ROUTES.get(path);
  if (!route && path !== "/attestation") {
    throw new AttestorError({ code: "attestor/unknown-route", path: shown(path) });
  }
  if (method !== "GET" && method !== "HEAD") {
    throw new AttestorError({ code: "attestor/wrong-method", method, allow: ALLOW });
  }
  const query = new URLSearchParams(search);
  if (!route) return await attestation(query, config, source);
  requireQuery(query, []);
  return route(config, source);
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

/**
 * GET and HEAD only, on the loopback interface, with bounded connections, headers and time. A refusal is
 * `{ error: { code, …operands } }`.
 */
export function serveAttestations(
  config: AttestorConfig,
  source: AttestationSource,
  logger: Logger,
): Promise<AttestorServer> {
  const limits = { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer(limits, (request, response) => {
    const send = ({ status, body }: Answer): void => {
      const allow = status === 405 ? { allow: ALLOW } : {};
      response.writeHead(status, { "content-type": "application/json", ...allow });
      response.end(JSON.stringify(body, toJson));
    };
    answerTo(request, config, source)
      .catch((error: unknown) => refusal(error, logger))
      .then(send)
      .catch((error: unknown) => logger.error({ err: error }, "answer failed"));
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
