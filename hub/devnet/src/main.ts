import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { CodedError } from "@ropenet/protocol";
import { Command, InvalidArgumentError } from "commander";
import { type Network, startNetwork } from "./network/network.ts";
import { runStory } from "./story/story.ts";

interface Options {
  readonly once: boolean;
  readonly report?: string;
  readonly fresh: boolean;
  readonly port: number;
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

function parseOptions(): Options {
  return new Command("npm start --")
    .description(
      "绳网 · 一台机器上的整张网，演一遍《一单融资》 · the whole network on one machine, and its story",
    )
    .option("--once", "play the story, then stop", false)
    .option("--report <file>", "write the story's report as JSON")
    .option("--fresh", "forget the chains of earlier starts", false)
    .option("--port <port>", "hub port; the others follow it", parsePort, 7080)
    .option("--state <folder>", "where chains, keys and databases live", resolve(root, ".ropenet"))
    .option("--no-story", "start the network without playing the story")
    .parse()
    .opts<Options>();
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

async function main(options: Options): Promise<number> {
  const started = performance.now();
  const directory = resolve(options.state);
  let stopRequested = (): void => undefined;
  const interrupted = new Promise<void>((resolveStop) => {
    stopRequested = resolveStop;
  });
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // The embedded database's own exit hook would end this process while the others still run.
    process.removeAllListeners(name);
    process.on(name, stopRequested);
  }
  // A launcher that is gone cannot pass on anybody's signal.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stopRequested();
  }, 1_000).unref();
  let network: Network;
  try {
    network = await startNetwork({
      directory,
      basePort: options.port,
      fresh: options.fresh,
      log: say,
    });
  } catch (error) {
    complain(error);
    return 1;
  }
  try {
    const readyMs = Math.round(performance.now() - started);
    const { height } = await network.rope.rpc.call("status", {});
    say(
      `绳网就绪 · 验证人 4/4 · 链 3 · 高度 ${height} · ${(readyMs / 1000).toFixed(1)} s · ${network.hubUrl}`,
    );
    say("开发模式：登记自动批准，每条侧链的四个证明人同在一个进程 attested(3, 4)");
    let ok = true;
    if (options.story) {
      const story = runStory(network, { directory, readyMs, log: say });
      const report = await Promise.race([story, interrupted.then(() => undefined)]);
      if (report) {
        ok = report.ok;
        say(
          `${report.ok ? "全部守恒 · 通过" : "失败"} · ${(report.storyMs / 1000).toFixed(1)} s · 内存 ${(report.memoryBytes / 2 ** 20).toFixed(0)} MiB`,
        );
        if (options.report) writeFileSync(options.report, `${JSON.stringify(report, null, 2)}\n`);
      } else {
        story.catch(() => undefined);
        ok = !options.once;
      }
    }
    if (!options.once) {
      say(`控制台 ${network.hubUrl} · Ctrl-C 结束`);
      await interrupted;
    }
    return ok ? 0 : 1;
  } finally {
    await network.stop();
  }
}

// Sockets of a story that was interrupted must not keep a stopped network's process alive.
process.exit(await main(parseOptions()));
