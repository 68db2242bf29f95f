import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "@ropenet/protocol";
import { memoryOfTrees } from "./memory.ts";
import { isRunning, markOf, type ProcessMark, writePidFile } from "./pid-file.ts";
import { delay } from "./ready.ts";

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

/** Starts the network's processes, each with its own log, starts again what dies unasked, and leaves none behind. */
export interface Supervisor {
  /**
   * A process that somebody else started for the network, and stops: a successor ends it if this one cannot. It holds
   * what no new process could take up where it was, so it is not started again: its end is told to `onLost`.
   */
  note(name: string, pid: number): void;
  start(spec: ProcessSpec): Promise<RunningProcess>;
  /** of the process that runs under this name now */
  pidOf(name: string): number | undefined;
  /** kill -9, as an accident would; it stays dead until `restart` */
  kill(name: string): Promise<void>;
  restart(name: string): Promise<RunningProcess>;
  /** SIGTERM in reverse order of start, then SIGKILL for what is left */
  stop(): Promise<void>;
  /** names of processes that died although nobody asked them to, and do not run now */
  casualties(): readonly string[];
  /** of this process, of everything that runs for the network, and of their descendants; see memory.ts */
  memoryBytes(): number;
}

export interface SupervisorOptions {
  readonly logDirectory: string;
  readonly pidFile: string;
  /** once it is aborted, nothing more is started and nobody waits */
  readonly signal?: AbortSignal;
  readonly log?: (line: string) => void;
  /** something died that is not started again: the network does not work any more */
  readonly onLost?: (reason: CodedError) => void;
}

interface Entry {
  readonly spec: ProcessSpec;
  child: ChildProcess;
  wanted: boolean;
  /** when it died unasked, ms of `performance.now` */
  deaths: readonly number[];
}

interface Noted extends ProcessMark {
  readonly name: string;
}

/** One that dies more often than this within a minute is not started again. */
const MAX_DEATHS = 5;
const MINUTE_MS = 60_000;
const FIRST_PAUSE_MS = 500;
const WATCH_MS = 500;

function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

function exited(child: ChildProcess): Promise<void> {
  if (!isAlive(child)) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, "utf8").trim().split("\n").slice(-3).join(" | ").slice(-600);
  } catch {
    return "";
  }
}

function describe({ spec, child }: Entry): RunningProcess {
  return {
    name: spec.name,
    pid: child.pid ?? 0,
    get alive(): boolean {
      return isAlive(child);
    },
  };
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  return new ProcessSupervisor(options);
}

class ProcessSupervisor implements Supervisor {
  readonly #options: SupervisorOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #watch: NodeJS.Timeout;
  #noted: readonly Noted[] = [];
  #stopped = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    mkdirSync(options.logDirectory, { recursive: true });
    this.#watch = setInterval(() => this.#lookAtNoted(), WATCH_MS);
    this.#watch.unref();
  }

  note(name: string, pid: number): void {
    this.#noted = [...this.#noted, { name, ...markOf(pid) }];
    this.#savePids();
  }

  async start(spec: ProcessSpec): Promise<RunningProcess> {
    this.#options.signal?.throwIfAborted();
    const entry: Entry = { spec, child: this.#launch(spec), wanted: true, deaths: [] };
    this.#entries.set(spec.name, entry);
    return await this.#serve(entry);
  }

  pidOf(name: string): number | undefined {
    const { pid, alive } = describe(this.#find(name));
    return alive ? pid : undefined;
  }

  async kill(name: string): Promise<void> {
    const entry = this.#find(name);
    entry.wanted = false;
    entry.child.kill("SIGKILL");
    await exited(entry.child);
  }

  async restart(name: string): Promise<RunningProcess> {
    const entry = this.#find(name);
    entry.child = this.#launch(entry.spec);
    entry.wanted = true;
    return await this.#serve(entry);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#watch);
    for (const entry of [...this.#entries.values()].reverse()) {
      entry.wanted = false;
      entry.child.kill("SIGTERM");
      await Promise.race([exited(entry.child), delay(4_000)]);
      entry.child.kill("SIGKILL");
      await exited(entry.child);
    }
    rmSync(this.#options.pidFile, { force: true });
  }

  casualties(): readonly string[] {
    return [...this.#entries.values()]
      .filter(({ wanted, child }) => wanted && !isAlive(child))
      .map(({ spec }) => spec.name);
  }

  memoryBytes(): number {
    const own = [...this.#entries.values()].flatMap(({ child }) => child.pid ?? []);
    return memoryOfTrees([process.pid, ...this.#noted.map(({ pid }) => pid), ...own]);
  }

  #logOf(name: string): string {
    return join(this.#options.logDirectory, `${name}.log`);
  }

  #find(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`no process ${name}`);
    return entry;
  }

  #savePids(): void {
    const pids = [...this.#entries.values()].flatMap(({ child }) => child.pid ?? []);
    writePidFile(this.#options.pidFile, [...this.#noted, ...pids.map(markOf)]);
  }

  #launch({ name, command: [program, ...args] }: ProcessSpec): ChildProcess {
    const log = openSync(this.#logOf(name), "a");
    // Its own group: Ctrl-C reaches this process first, which stops the others in order.
    const child = spawn(program, args, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    return child;
  }

  /** A start that fails is told to whoever wanted it; what serves is kept alive. */
  async #serve(entry: Entry): Promise<RunningProcess> {
    this.#savePids();
    await this.#awaitReady(entry);
    this.#keepAlive(entry);
    return describe(entry);
  }

  async #awaitReady({ spec, child }: Entry): Promise<void> {
    const { signal } = this.#options;
    const timeout = AbortSignal.timeout(spec.readyTimeoutMs ?? 20_000);
    const died = new AbortController();
    const onExit = (): void => died.abort();
    child.once("exit", onExit);
    child.once("error", onExit);
    try {
      await spec.ready(AbortSignal.any([timeout, died.signal, ...(signal ? [signal] : [])]));
    } catch (cause) {
      const log = this.#logOf(spec.name);
      const code = died.signal.aborted ? "devnet/process-died" : "devnet/process-not-ready";
      const shown = { process: spec.name, log, lastLines: lastLines(log) };
      const mend = "read its log; npm start -- --fresh forgets the chains";
      throw new CodedError({ code, ...shown, mend }, { cause });
    } finally {
      child.off("exit", onExit);
    }
  }

  #keepAlive(entry: Entry): void {
    const { child } = entry;
    const onExit = (): void => {
      if (entry.wanted && entry.child === child && !this.#stopped) void this.#revive(entry);
    };
    if (isAlive(child)) child.once("exit", onExit);
    else onExit();
  }

  async #revive(entry: Entry): Promise<void> {
    const { name } = entry.spec;
    const nowMs = performance.now();
    entry.deaths = [...entry.deaths.filter((at) => nowMs - at < MINUTE_MS), nowMs];
    const times = entry.deaths.length;
    if (times > MAX_DEATHS) {
      this.#say(`✗ ${name} 一分钟内退出 ${times} 次 died too often · ${this.#logOf(name)}`);
      this.#lose(name);
      return;
    }
    this.#say(
      `! ${name} 意外退出，第 ${times} 次重启 died, starting it again · ${this.#logOf(name)}`,
    );
    await delay(FIRST_PAUSE_MS * 2 ** (times - 1));
    if (!entry.wanted || this.#stopped || isAlive(entry.child)) return;
    entry.child = this.#launch(entry.spec);
    this.#savePids();
    try {
      await this.#awaitReady(entry);
      this.#say(`✓ ${name} 已恢复 serves again`);
    } catch {
      // Dead already, or up and deaf: the same again, until it has been too often.
      entry.child.kill("SIGKILL");
      await exited(entry.child);
    }
    this.#keepAlive(entry);
  }

  #lookAtNoted(): void {
    const gone = this.#noted.filter((mark) => !isRunning(mark));
    this.#noted = this.#noted.filter((mark) => !gone.includes(mark));
    for (const { name } of gone) this.#lose(name);
  }

  #lose(name: string): void {
    const mend = "Ctrl-C, then npm start: it goes on with the same chains";
    const reason = new CodedError({ code: "devnet/process-lost", process: name, mend });
    this.#options.onLost?.(reason);
  }

  #say(line: string): void {
    this.#options.log?.(line);
  }
}
