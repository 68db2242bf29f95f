import { existsSync, readFileSync } from "node:fs";
import { CodedError } from "@ropenet/protocol";
import type { Command } from "commander";
import { connectRope, type Rope, type RopeTrustJson, ropeTrustOf } from "../rope.ts";
import { createFailoverRpcClient } from "../rpc/failover.ts";
import type { RpcClient } from "../rpc/rpc-client.ts";
import { hexOperand } from "./operands.ts";

const DEFAULT_RPC = "http://127.0.0.1:7082";
/** Written by `npm start`. */
const DEFAULT_CONFIG = ".ropenet/client.json";

interface Options {
  readonly rpc?: readonly string[];
  readonly genesisHash?: string;
  readonly config?: string;
}

interface ConfigJson extends RopeTrustJson {
  readonly ropeUrls: readonly string[];
}

const collect = (url: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  url,
];

/** A live chain makes a block every minute, for its gateways' sake: what is older is somebody's memory. */
const MAX_AGE_MS = 600_000n;

export function addConnectOptions(program: Command): void {
  program
    .option("--rpc <url>", `RPC of a node; may be repeated (${DEFAULT_RPC})`, collect)
    .option("--genesis-hash <hex>", "SM3 of the rope's genesis: what is believed before any node")
    .option(
      "--config <file>",
      `JSON: ropeUrls, genesisHash, trustedHeader (${DEFAULT_CONFIG}, if it is there)`,
    );
}

function readConfig({ config }: Options): ConfigJson | undefined {
  const file = config ?? DEFAULT_CONFIG;
  if (config === undefined && !existsSync(file)) return undefined;
  try {
    return parseConfig(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError({ code: "cli/bad-config", file, detail }, { cause });
  }
}

const isUrl = (url: unknown): boolean => typeof url === "string" && /^https?:\/\//.test(url);
const isHex = (text: unknown): boolean => typeof text === "string" && /^[0-9a-f]{64}$/.test(text);
const isPositive = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0;

/** @throws naming the field */
function parseConfig(json: unknown): ConfigJson {
  const fields = (json ?? {}) as Record<string, unknown>;
  const { ropeUrls, genesisHash, trustedHeader, ...rest } = fields;
  const [unknown] = Object.keys(rest);
  const demand = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(what);
  };
  demand(typeof json === "object" && json !== null && !Array.isArray(json), "no JSON object");
  demand(unknown === undefined, `unknown field ${unknown}`);
  demand(
    Array.isArray(ropeUrls) && ropeUrls.length > 0 && ropeUrls.every(isUrl),
    "ropeUrls: one or more http URLs",
  );
  demand(isHex(genesisHash), "genesisHash: 64 lower-case hex digits");
  if (trustedHeader !== undefined) {
    const { height, id, atMs } = (trustedHeader ?? {}) as Record<string, unknown>;
    demand(isPositive(height), "trustedHeader.height: a whole number above 0");
    demand(isHex(id), "trustedHeader.id: 64 lower-case hex digits");
    demand(isPositive(atMs), "trustedHeader.atMs: milliseconds since 1970");
  }
  return fields as unknown as ConfigJson;
}

const urlsOf = (options: Options, config: ConfigJson | undefined): readonly string[] =>
  options.rpc ?? config?.ropeUrls ?? [DEFAULT_RPC];

/** A node's own word: for what it says of itself. */
export function rpcOf(command: Command): RpcClient {
  const options = command.optsWithGlobals<Options>();
  return createFailoverRpcClient(urlsOf(options, readConfig(options)));
}

/** The rope that the caller knows by its genesis. @throws {CodedError} `cli/no-genesis-hash`, `cli/bad-config` */
export async function ropeOf(command: Command): Promise<Rope> {
  const options = command.optsWithGlobals<Options>();
  const config = readConfig(options);
  const urls = urlsOf(options, config);
  if (options.genesisHash !== undefined) {
    const genesisHash = hexOperand("genesis-hash", options.genesisHash, 32);
    return connectRope(urls, { genesisHash }, { maxAgeMs: MAX_AGE_MS });
  }
  if (!config) {
    throw new CodedError({
      code: "cli/no-genesis-hash",
      mend: "--genesis-hash <hex>, from somebody you trust; or --config FILE",
    });
  }
  return connectRope(urls, ropeTrustOf(config), { maxAgeMs: MAX_AGE_MS });
}
