import { existsSync, readFileSync } from "node:fs";
import { CodedError } from "@ropenet/protocol";
import type { Command } from "commander";
import { connectRope, type Rope, type RopeTrustJson, ropeTrustOf } from "../rope.ts";
import { createFailoverRpcClient, type RpcClient } from "../rpc/rpc-client.ts";
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

export function addConnectOptions(program: Command): void {
  program
    .option("--rpc <url...>", `RPC of one or more nodes (${DEFAULT_RPC})`)
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
    const json = JSON.parse(readFileSync(file, "utf8")) as ConfigJson;
    hexOperand("genesisHash", String(json.genesisHash), 32);
    if (Array.isArray(json.ropeUrls)) return json;
  } catch (cause) {
    throw new CodedError({ code: "cli/bad-config", file, detail: String(cause) }, { cause });
  }
  throw new CodedError({ code: "cli/bad-config", file, detail: "ropeUrls" });
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
    return connectRope(urls, { genesisHash: hexOperand("genesis-hash", options.genesisHash, 32) });
  }
  if (!config) {
    throw new CodedError({
      code: "cli/no-genesis-hash",
      mend: "--genesis-hash <hex>, from somebody you trust; or --config FILE",
    });
  }
  return connectRope(urls, ropeTrustOf(config));
}
