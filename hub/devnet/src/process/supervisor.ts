import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "@ropenet/protocol";

export interface ProcessSpec {
  readonly name: string;
  /** program and arguments */
  readonly command: readonly [string, ...string[]];
  /** resolves when the process serves; rejects or times out otherwise */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  readonly readyTimeoutMs?: number;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly alive: boolean;
}

export interface Supervisor {
  /** A process that somebody else started for the network: a successor ends it if this one cannot. */
  note(pid: number): void;
  start(spec: ProcessSpec): Promise<RunningProcess>;
  /** of the process that runs under this name now */
  pidOf(name: string): number | undefined;
  /** kill -9, as an accident would */
  kill(name: string): Promise<void>;
  restart(name: string): Promise<RunningProcess>;
  /** SIGTERM in reverse order of start, then SIGKILL for what is left */
  stop(): Promise<void>;
  /** names of processes that died although nobody asked them to */
  casualties(): readonly string[];
  /** sum of resident memory of everything it runs, bytes */
  memoryBytes(): number;
}

interface Entry {
  readonly spec: ProcessSpec;
  child: ChildProcess;
  wanted: boolean;
}

const POLL_MS = 60;

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Asks again and again until `probe` does not throw. */
export async function eventually(probe: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await probe();
    } catch {
      await delay(POLL_MS);
    }
  }
}

export function httpReady(url: string): (signal: AbortSignal) => Promise<void> {
  return (signal) =>
    eventually(async () => {
      const response = await fetch(url, { signal });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(String(response.status));
    }, signal);
}

function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, "utf8").trim().split("\n").slice(-3).join(" | ").slice(-600);
  } catch {
    return "";
  }
}

function residentBytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function describe({ spec, child }: Entry): RunningProcess {
  return {
    name: spec.name,
    pid: child.pid ?? 0,
    get alive(): boolean {
      return child.exitCode === null && child.signalCode === null;
    },
  };
}

/** Starts the network's processes, each with its own log, and leaves none behind. */
export function createSupervisor(options: {
  readonly logDirectory: string;
  readonly pidFile: string;
  /** once it is aborted, nothing more is started and nobody waits */
  readonly signal?: AbortSignal;
}): Supervisor {
  mkdirSync(options.logDirectory, { recursive: true });
  const entries = new Map<string, Entry>();
  const noted: number[] = [];
  const logOf = (name: string): string => join(options.logDirectory, `${name}.log`);

  function savePids(): void {
    const pids = [...entries.values()].flatMap(({ child }) => child.pid ?? []);
    const children = [...noted, ...pids];
    writeFileSync(options.pidFile, JSON.stringify({ supervisor: process.pid, children }));
  }

  function launch(spec: ProcessSpec): ChildProcess {
    const [program, ...args] = spec.command;
    const log = openSync(logOf(spec.name), "a");
    // Its own group: Ctrl-C reaches this process first, which stops the others in order.
    const child = spawn(program, args, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    return child;
  }

  async function awaitReady(entry: Entry): Promise<RunningProcess> {
    const { spec, child } = entry;
    const timeout = AbortSignal.timeout(spec.readyTimeoutMs ?? 20_000);
    const died = new AbortController();
    const onExit = (): void => died.abort();
    child.once("exit", onExit);
    child.once("error", onExit);
    try {
      const stopped = options.signal ? [options.signal] : [];
      await spec.ready(AbortSignal.any([timeout, died.signal, ...stopped]));
    } catch (cause) {
      throw new CodedError(
        {
          code: died.signal.aborted ? "devnet/process-died" : "devnet/process-not-ready",
          process: spec.name,
          log: logOf(spec.name),
          lastLines: lastLines(logOf(spec.name)),
        },
        { cause },
      );
    } finally {
      child.off("exit", onExit);
    }
    return describe(entry);
  }

  function find(name: string): Entry {
    const entry = entries.get(name);
    if (!entry) throw new Error(`no process ${name}`);
    return entry;
  }

  return {
    note(pid): void {
      noted.push(pid);
      savePids();
    },
    async start(spec): Promise<RunningProcess> {
      options.signal?.throwIfAborted();
      const entry: Entry = { spec, child: launch(spec), wanted: true };
      entries.set(spec.name, entry);
      savePids();
      return awaitReady(entry);
    },
    pidOf: (name) => {
      const { pid, alive } = describe(find(name));
      return alive ? pid : undefined;
    },
    async kill(name): Promise<void> {
      const entry = find(name);
      entry.wanted = false;
      entry.child.kill("SIGKILL");
      await exited(entry.child);
    },
    async restart(name): Promise<RunningProcess> {
      const entry = find(name);
      entry.child = launch(entry.spec);
      entry.wanted = true;
      savePids();
      return awaitReady(entry);
    },
    async stop(): Promise<void> {
      for (const entry of [...entries.values()].reverse()) {
        entry.wanted = false;
        entry.child.kill("SIGTERM");
        await Promise.race([exited(entry.child), delay(4_000)]);
        entry.child.kill("SIGKILL");
        await exited(entry.child);
      }
      rmSync(options.pidFile, { force: true });
    },
    casualties: () =>
      [...entries.values()]
        .filter((entry) => entry.wanted && !describe(entry).alive)
        .map(({ spec }) => spec.name),
    memoryBytes: () =>
      [...entries.values()].reduce(
        (sum, { child }) => sum + residentBytes(child.pid ?? 0),
        residentBytes(process.pid),
      ),
  };
}
