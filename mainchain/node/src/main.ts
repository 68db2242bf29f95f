import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CodedError, LocalFault } from "@ropenet/protocol";
import { destination, type Logger, pino } from "pino";
import { badArguments, parseArguments, USAGE_EXIT } from "./cli/arguments.ts";
import { COMMANDS_HELP, isTool, runTool } from "./cli/main.ts";
import { type NodeConfig, readConfig } from "./config.ts";
import { NodeError } from "./errors.ts";
import { createNode, type RopeNode } from "./node.ts";
import { fetchState, mustFetch } from "./snapshot/fetch-snapshot.ts";
import { LEAVE_MS } from "./upgrade.ts";

const HELP = `Usage: node mainchain/node/src/main.ts --home DIR | --config FILE [--log-level LEVEL]

One node of the rope: a validator if its keys.json holds bridge keys, an observer otherwise.

  --home DIR         folder with config.json and keys.json, as written by init
  --config FILE      the same by the path of config.json
  --log-level LEVEL  trace, debug, info, warn, error or silent, over config.json's

The passphrase of an encrypted store is read from the file that ROPENET_STORE_PASSPHRASE_FILE names (/dev/fd/3 for a
descriptor), or from ROPENET_STORE_PASSPHRASE.
${COMMANDS_HELP}`;

/** What one stuck reader of the log may cost in memory; beyond it lines are dropped. */
const MAX_UNWRITTEN_LOG_BYTES = 4 * 1024 * 1024;
/** A stop that takes longer is cut short: everything that matters is on disk already. */
const STOP_MS = 1_500;

const LEVELS: readonly NodeConfig["log"]["level"][] = [
  "trace",
  "debug",
  "info",
  "warn",
  "error",
  "silent",
];

interface Log {
  readonly logger: Logger;
  flush(): void;
}

/** The stream would find out later, and nobody would hear of it. @throws {NodeError} `node/log-unwritable` */
function assertWritable(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    closeSync(openSync(file, "a"));
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new NodeError({ code: "node/log-unwritable", file, detail }, { cause });
  }
}

/** @throws {NodeError} `config/invalid` for a level that does not exist, `node/log-unwritable` */
function openLog({ log }: NodeConfig, wanted: string = log.level): Log {
  const level = LEVELS.find((one) => one === wanted);
  if (!level) {
    const detail = `one of ${LEVELS.join(", ")}`;
    throw new NodeError({ code: "config/invalid", operand: "log-level", detail });
  }
  if (log.file !== undefined) assertWritable(log.file);
  const stream = destination({
    dest: log.file ?? 1,
    sync: false,
    maxLength: MAX_UNWRITTEN_LOG_BYTES,
    mkdir: true,
  });
  // Whoever read the log is gone; that is no reason to stop validating.
  stream.on("error", () => undefined);
  const logger = pino({ level }, stream);
  return {
    logger,
    flush(): void {
      try {
        stream.flushSync();
      } catch {
        // not open yet, or its reader is gone
      }
    },
  };
}

function toCoded(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  if (error instanceof LocalFault) return error.fault;
  const detail = error instanceof Error ? error.message : String(error);
  return new NodeError({ code: "node/unexpected", detail }, { cause: error });
}

function die(error: unknown, log?: Log, exitCode = 1): never {
  const line = toCoded(error).message;
  log?.logger.fatal({ err: error }, "node stops");
  log?.flush();
  process.stderr.write(`${line.split("\n", 1)[0]}\n`);
  process.exit(exitCode);
}

/** Taken out of the environment, which others can read and children inherit. */
function takePassphrase(): string | undefined {
  const { ROPENET_STORE_PASSPHRASE: given, ROPENET_STORE_PASSPHRASE_FILE: file } = process.env;
  delete process.env["ROPENET_STORE_PASSPHRASE"];
  if (file === undefined) return given;
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (cause) {
    throw new NodeError({ code: "store/no-passphrase", file }, { cause });
  }
}

/** At an upgrade, peers may still lack the last block before it. */
function halt(reason: NodeError, log: Log): void {
  if (reason.code !== "node/upgrade-needed") die(reason, log);
  setTimeout(() => die(reason, log), LEAVE_MS);
}

async function run(configFile: string, level: string | undefined): Promise<void> {
  const config = readConfig(configFile);
  const log = openLog(config, level);
  process.on("uncaughtException", (error) => die(error, log));
  try {
    const { logger } = log;
    const passphrase = takePassphrase();
    if (mustFetch(config)) {
      const { height } = await fetchState(config, { logger, passphrase });
      logger.info({ height: String(height) }, "state fetched from peers");
    }
    const onHalted = (reason: NodeError): void => halt(reason, log);
    const node = createNode(config, { logger, onHalted, passphrase });
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        void leave(node, log, signal);
      });
    }
    await node.start();
  } catch (error) {
    die(error, log);
  }
}

async function leave(node: RopeNode, log: Log, signal: string): Promise<void> {
  log.logger.info({ signal }, "stopping");
  setTimeout(() => process.exit(0), STOP_MS).unref();
  await node.stop();
  log.flush();
  process.exit(0);
}

interface Arguments {
  readonly configFile: string;
  readonly level: string | undefined;
}

/** Undefined if only help is wanted. @throws {NodeError} `node/bad-arguments` */
function readArguments(): Arguments | undefined {
  const { config, home, help, ...rest } = parseArguments({
    options: {
      config: { type: "string" },
      home: { type: "string" },
      "log-level": { type: "string" },
      help: { type: "boolean", default: false },
    },
  }).values;
  if (help) return undefined;
  if ((config === undefined) === (home === undefined)) {
    throw badArguments("one of --home DIR and --config FILE is needed; see --help");
  }
  return { configFile: config ?? join(home ?? "", "config.json"), level: rest["log-level"] };
}

function startNode(): void {
  let given: Arguments | undefined;
  try {
    given = readArguments();
  } catch (error) {
    die(error, undefined, USAGE_EXIT);
  }
  if (given) run(given.configFile, given.level).catch((error: unknown) => die(error));
  else process.stdout.write(HELP);
}

const args = process.argv.slice(2);
if (isTool(args)) process.exitCode = await runTool(args, takePassphrase());
else startNode();
