import { closeSync, openSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { recordsOf } from "@ropenet/client";
import { CHAIN_STATE, CodedError } from "@ropenet/protocol";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { type Network, startNetwork } from "./network/network.ts";
import { ropeUrls } from "./network/plan.ts";
import { runStory } from "./story/story.ts";

interface Options {
  readonly once: boolean;
  readonly report?: string;
  readonly fresh: boolean;
  readonly port: number;
  readonly isPortWanted: boolean;
  readonly state: string;
  readonly story: boolean;
}

function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port < 1024 || port > 65_500)
    throw new InvalidArgumentError("1024 to 65500");
  return port;
}

const root = resolve(import.meta.dirname, "../../..");

const EXITS = `
Ends with 0, with 1 (2 for a bad option) and one line that names a code and the mend, or with 130 if it is stopped
while it starts.
A second start goes on with the same chains.`;

function parseFolder(value: string): string {
  if (value === "") throw new InvalidArgumentError("a folder");
  return resolve(value);
}

/** Told before anything is played: a report that cannot be written is worth nothing. @throws {CodedError} `devnet/report-unwritable` */
function assertWritable(file: string): void {
  try {
    closeSync(openSync(file, "a"));
  } catch (cause) {
    const detail = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const mend = "--report FILE in a folder that is there";
    throw new CodedError({ code: "devnet/report-unwritable", file, detail, mend }, { cause });
  }
}

/** @throws {CodedError} `devnet/bad-option`, `devnet/report-unwritable` */
function parseOptions(): Options {
  const command = new Command("npm start --")
    .description(
      "绳网 · 一台机器上的整张网，演一遍《一单融资》 · the whole network on one machine, and its story",
    )
    .option("--once", "play the story, then stop", false)
    .option("--report <file>", "write the story's report as JSON")
    .option("--fresh", "forget the chains of earlier starts", false)
    .option("--port <port>", "hub port; the others follow it", parsePort, 7080)
    .option(
      "--state <folder>",
      "where chains, keys and databases live",
      parseFolder,
      resolve(root, ".ropenet"),
    )
    .option("--no-story", "start the network without playing the story")
    .addHelpText("after", EXITS)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  try {
    command.parse();
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause;
    if (cause.exitCode === 0) process.exit(0);
    const detail = cause.message.replace(/^error: /, "");
    const mend = "npm start -- --help";
    throw new CodedError({ code: "devnet/bad-option", detail, mend }, { cause });
  }
  const isPortWanted = command.getOptionValueSource("port") === "cli";
  const options = { ...command.opts<Options>(), isPortWanted };
  if (options.report !== undefined) assertWritable(options.report);
  return options;
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function complain(error: unknown): void {
  const { code, ...operands } =
    error instanceof CodedError
      ? error.info
      : { code: "devnet/unexpected", message: String((error as Error)?.stack ?? error) };
  const shown = Object.entries(operands).map(([name, value]) => `${name}=${String(value)}`);
  process.stderr.write(`${code} ${shown.join(" ")}\n`);
}

/** 128 + SIGINT */
const STOPPED = 130;

/** Aborted by Ctrl-C, by a signal, or when whoever started this process is gone. */
function watchForStop(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // The embedded database's own exit hook would end this process while the others still run.
    process.removeAllListeners(name);
    process.on(name, () => stop.abort());
  }
  // A launcher that is gone cannot pass on anybody's signal.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop.abort();
  }, 1_000).unref();
  return stop.signal;
}

/** @returns whether the story holds; an interrupted one does if nobody asked for it alone */
async function tell(
  network: Network,
  { directory, readyMs, interrupted }: Telling,
  { once, report: file }: Options,
): Promise<boolean> {
  const story = runStory(network, { directory, readyMs, log: say });
  const report = await Promise.race([story, interrupted.then(() => undefined)]);
  if (!report) {
    story.catch(() => undefined);
    return !once;
  }
  const seconds = (report.storyMs / 1000).toFixed(1);
  const memory = (report.memoryBytes / 2 ** 20).toFixed(0);
  say(`${report.ok ? "全部守恒 · 通过" : "失败"} · ${seconds} s · 内存 ${memory} MiB`);
  if (file) writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  return report.ok;
}

interface Telling {
  readonly directory: string;
  readonly readyMs: number;
  readonly interrupted: Promise<void>;
}

/** What answers, counted. */
async function inventory({ rope, plan }: Network): Promise<string> {
  const { height, validators } = await rope.rpc.call("status", {});
  const asked = ropeUrls(plan).map((url) => fetch(`${url}/health`).then(({ ok }) => ok));
  const answers = await Promise.allSettled(asked);
  const alive = answers.filter((one) => one.status === "fulfilled" && one.value).length;
  const strands = (await recordsOf(rope.peek).chains()).filter(
    ({ state }) => state === CHAIN_STATE.active,
  ).length;
  return `验证人 ${alive}/${validators.length} · 链 ${1 + strands} · 高度 ${height}`;
}

async function serve(network: Network, options: Options, telling: Telling): Promise<number> {
  void network.lost.then(complain);
  try {
    const seconds = (telling.readyMs / 1000).toFixed(1);
    say(`绳网就绪 · ${await inventory(network)} · ${seconds} s · ${network.hubUrl}`);
    say("开发模式：登记自动批准，每条侧链的四个证明人同在一个进程 attested(3, 4)");
    const ok = options.story ? await tell(network, telling, options) : true;
    if (!options.once) {
      say(`控制台 ${network.hubUrl} · Ctrl-C 结束`);
      await telling.interrupted;
    }
    return ok ? 0 : 1;
  } catch (error) {
    complain(error);
    return 1;
  } finally {
    await network.stop();
  }
}

async function main(options: Options): Promise<number> {
  const started = performance.now();
  const directory = options.state;
  const signal = watchForStop();
  const interrupted = new Promise<void>((stopped) => {
    signal.addEventListener("abort", () => stopped());
  });
  const { port: basePort, fresh, isPortWanted } = options;
  let network: Network;
  try {
    network = await startNetwork({ directory, basePort, fresh, isPortWanted, log: say, signal });
  } catch (error) {
    // What fails in a start that somebody stops has failed because of that.
    if (!signal.aborted) complain(error);
    else say("已停止 stopped");
    return signal.aborted ? STOPPED : 1;
  }
  const readyMs = Math.round(performance.now() - started);
  return await serve(network, options, { directory, readyMs, interrupted });
}

async function run(): Promise<number> {
  let options: Options;
  try {
    options = parseOptions();
  } catch (error) {
    complain(error);
    return 2;
  }
  return await main(options);
}

// Sockets of a story that was interrupted must not keep a stopped network's process alive.
process.exit(await run());
