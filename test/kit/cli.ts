import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type FoundProcess, processesOf, RUN_VARIABLE, sleep } from "./processes.ts";

export const ROOT: string = resolve(import.meta.dirname, "../..");
const MAIN = join(ROOT, "hub/devnet/src/main.ts");

/** A new folder that PostgreSQL's own user can reach. */
export function newFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `ropenet-${name}-`));
  chmodSync(folder, 0o755);
  return folder;
}

export interface Start {
  readonly stateFolder: string;
  readonly output: () => string;
  readonly errors: () => string;
  /** exit code; null if a signal ended it */
  readonly exited: Promise<number | null>;
  /** Ctrl-C as a terminal sends it: to the whole foreground group */
  interrupt(): void;
  /** kill -9, of the launcher alone */
  kill(): void;
  /** most resident memory of all its processes together at any half second */
  peakBytes(): number;
  /** Everything of it that still lives. */
  left(): readonly FoundProcess[];
  /** For `afterAll`: whatever a failed test left behind must not outlive it. */
  reap(): void;
}

/** `npm start -- …` without npm, so that signals reach the process itself. */
export function startDevnet(
  stateFolder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  command: readonly [string, ...string[]] = [process.execPath, MAIN],
): Start {
  const run = randomUUID();
  const [program, ...first] = command;
  const child: ChildProcess = spawn(program, [...first, "--state", stateFolder, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...environment, [RUN_VARIABLE]: run },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  let errors = "";
  let peak = 0;
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const left = (): readonly FoundProcess[] => processesOf(run, stateFolder);
  const meter = setInterval(() => {
    const sum = left().reduce((all, { residentBytes }) => all + residentBytes, 0);
    peak = Math.max(peak, sum);
  }, 500);
  const exited = new Promise<number | null>((resolveExit, reject) => {
    child.once("error", reject);
    // `close` and not `exit`: the last words have been read by then.
    child.once("close", (code) => {
      clearInterval(meter);
      resolveExit(code);
    });
  });
  return {
    stateFolder,
    output: () => output,
    errors: () => errors,
    exited,
    interrupt(): void {
      if (child.pid) process.kill(-child.pid, "SIGINT");
    },
    kill: () => void child.kill("SIGKILL"),
    peakBytes: () => peak,
    left,
    reap(): void {
      for (const { pid } of left()) process.kill(pid, "SIGKILL");
    },
  };
}

/** The output once it says `pattern`; fails with all that was said if the process ends before. */
export async function awaitOutput(
  start: Start,
  pattern: RegExp,
  timeoutMs: number,
): Promise<RegExpExecArray> {
  const deadline = Date.now() + timeoutMs;
  let ended = false;
  start.exited.then(
    () => {
      ended = true;
    },
    () => {
      ended = true;
    },
  );
  for (;;) {
    const match = pattern.exec(start.output());
    if (match) return match;
    if (ended || Date.now() > deadline) {
      throw new Error(`never said ${pattern}:\n${start.output()}\n${start.errors()}`);
    }
    await sleep(100);
  }
}
