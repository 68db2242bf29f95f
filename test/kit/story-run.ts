import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoryReport } from "@ropenet/devnet";
import { startDevnet } from "./cli.ts";
import { freeBasePort } from "./processes.ts";

/** What one `--once --report` start did, told to every test file of this run. */
export interface StoryRun {
  readonly stateFolder: string;
  readonly basePort: number;
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
  readonly wallMs: number;
  readonly peakBytes: number;
  /** commands of processes that outlived it */
  readonly left: readonly string[];
  readonly report: StoryReport | undefined;
}

const PREFIX = "ropenet-e2e-";

/** One folder per vitest process: its workers, and so its test files, are children of one parent. */
const shared = join(tmpdir(), `${PREFIX}${process.ppid}`);

function forgetOldRuns(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = Number(name.slice(PREFIX.length));
    if (!name.startsWith(PREFIX) || !Number.isInteger(owner) || existsSync(`/proc/${owner}`))
      continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

async function play(): Promise<StoryRun> {
  const stateFolder = join(shared, "state");
  mkdirSync(shared, { recursive: true, mode: 0o755 });
  const reportFile = join(shared, "report.json");
  const basePort = await freeBasePort();
  const started = performance.now();
  const start = startDevnet(stateFolder, [
    "--once",
    "--report",
    reportFile,
    "--port",
    String(basePort),
  ]);
  const exitCode = await start.exited;
  const wallMs = Math.round(performance.now() - started);
  const left = start.left().map(({ command }) => command);
  start.reap();
  return {
    stateFolder,
    basePort,
    exitCode,
    output: start.output(),
    errors: start.errors(),
    wallMs,
    peakBytes: start.peakBytes(),
    left,
    report: existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, "utf8")) : undefined,
  };
}

/** Plays the story as a user would, the first time it is asked for; the chains stay in its state folder. */
export async function storyRun(): Promise<StoryRun> {
  const record = join(shared, "run.json");
  if (existsSync(record)) return JSON.parse(readFileSync(record, "utf8"));
  forgetOldRuns();
  const run = await play();
  writeFileSync(record, JSON.stringify(run));
  return run;
}
