import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";

/** Inherited by everything that a start spawns, however deep; see processesOf. */
export const RUN_VARIABLE = "ROPENET_TEST_RUN";

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
  readonly residentBytes: number;
}

const orEmpty = (read: () => string): string => {
  try {
    return read();
  } catch {
    // ended meanwhile, or belongs to the kernel
    return "";
  }
};

/**
 * Every living process of a start: by the run's mark in its environment or, because PostgreSQL writes its title
 * over its environment, by a working directory or an argument inside the start's state folder.
 */
export function processesOf(run: string, stateFolder: string): readonly FoundProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const command = orEmpty(() => readFileSync(`/proc/${name}/cmdline`, "utf8"));
      const environment = orEmpty(() => readFileSync(`/proc/${name}/environ`, "utf8"));
      const folder = orEmpty(() => readlinkSync(`/proc/${name}/cwd`));
      const status = orEmpty(() => readFileSync(`/proc/${name}/status`, "utf8"));
      const isOurs =
        environment.split("\0").includes(`${RUN_VARIABLE}=${run}`) ||
        [folder, ...command.split("\0")].some((text) => text.includes(stateFolder));
      if (!isOurs || /^State:\s+Z/m.test(status)) return [];
      const kilobytes = /^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? "0";
      return [
        {
          pid: Number(name),
          command: command.replaceAll("\0", " ").trim(),
          residentBytes: Number(kilobytes) * 1024,
        },
      ];
    });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** How many ports a network takes from its base, with room. */
const SPAN = 24;

/** A base whose ports are all free, below the range from which outgoing connections take theirs. */
export async function freeBasePort(): Promise<number> {
  for (;;) {
    const base = 12_000 + Math.floor(Math.random() * 700) * SPAN;
    const free = await Promise.all(Array.from({ length: SPAN }, (_, n) => isFree(base + n)));
    if (free.every(Boolean)) return base;
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The first value that `probe` gives; what it throws last says why there was none. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause });
    await sleep(100);
  }
}
