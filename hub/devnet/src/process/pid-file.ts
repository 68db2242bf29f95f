import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** A process, told apart from a later one of the same number by when it began. */
export interface ProcessMark {
  readonly pid: number;
  /** clock ticks since the machine started; null where the system does not tell */
  readonly startedAt: string | null;
}

export interface PidFile {
  readonly supervisor: ProcessMark;
  readonly children: readonly ProcessMark[];
}

/** Field 22 of /proc/PID/stat; the second one, the program's name, may hold blanks and brackets. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

export const markOf = (pid: number): ProcessMark => ({ pid, startedAt: startOf(pid) });

/** Whether this very process still runs. Without a start time nobody is: a stranger must not be ended. */
export function isRunning({ pid, startedAt }: ProcessMark): boolean {
  return startedAt !== null && startOf(pid) === startedAt;
}

export function writePidFile(file: string, children: readonly ProcessMark[]): void {
  writeFileSync(file, JSON.stringify({ supervisor: markOf(process.pid), children }));
}

/** Undefined if there is none, or none that can be read: it is removed then. */
export function readPidFile(file: string): PidFile | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const read = JSON.parse(readFileSync(file, "utf8")) as Partial<PidFile> | null;
    const marks = [read?.supervisor, ...(read?.children ?? [])];
    if (marks.every((mark) => Number.isSafeInteger(mark?.pid) && Number(mark?.pid) > 0))
      return read as PidFile;
  } catch {
    // half written
  }
  rmSync(file, { force: true });
  return undefined;
}
