import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "@ropenet/protocol";

export interface StateFolder {
  readonly path: string;
  /** true if a complete network lies here already */
  readonly existing: boolean;
  read<T>(): T;
  /** Written last: its presence says that everything else is whole. */
  complete(description: object): void;
  readonly pidFile: string;
}

const MARKER = "network.json";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Ends what a killed predecessor left running; refuses if it still lives. */
function settlePredecessor(pidFile: string): void {
  if (!existsSync(pidFile)) return;
  let left: { supervisor: number; children: number[] };
  try {
    left = JSON.parse(readFileSync(pidFile, "utf8"));
  } catch {
    rmSync(pidFile, { force: true });
    return;
  }
  if (left.supervisor !== process.pid && isAlive(left.supervisor)) {
    throw new CodedError({
      code: "devnet/already-running",
      pid: left.supervisor,
      mend: "stop it with Ctrl-C first",
    });
  }
  for (const pid of left.children) {
    // A pid may have been given to a stranger since: only a group leader with our working folder is ours.
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      if (command.includes(pidFile.slice(0, pidFile.lastIndexOf("/"))))
        process.kill(pid, "SIGKILL");
    } catch {
      // gone already
    }
  }
  rmSync(pidFile, { force: true });
}

/** @throws {CodedError} `devnet/state-incomplete`, `devnet/state-unreadable`, `devnet/already-running` */
export function openStateFolder(path: string, fresh: boolean): StateFolder {
  mkdirSync(path, { recursive: true });
  const pidFile = join(path, "pids.json");
  settlePredecessor(pidFile);
  if (fresh)
    for (const name of readdirSync(path))
      rmSync(join(path, name), { recursive: true, force: true });
  const marker = join(path, MARKER);
  const existing = existsSync(marker);
  if (!existing && readdirSync(path).length > 0) {
    throw new CodedError({
      code: "devnet/state-incomplete",
      folder: path,
      mend: "npm start -- --fresh",
    });
  }
  return {
    path,
    existing,
    pidFile,
    read<T>(): T {
      try {
        return JSON.parse(readFileSync(marker, "utf8")) as T;
      } catch (cause) {
        throw new CodedError(
          { code: "devnet/state-unreadable", file: marker, mend: "npm start -- --fresh" },
          { cause },
        );
      }
    },
    complete(description): void {
      writeFileSync(marker, JSON.stringify(description, null, 2));
    },
  };
}
