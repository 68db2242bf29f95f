import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { CodedError } from "@ropenet/protocol";
import { dataDirectory } from "./postgres.ts";

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
/** Written first: only what this program has made may be forgotten by it. */
const OWNED = ".ropenet-state";

const GONE_MS = 3_000;
const GONE_POLL_MS = 20;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** @throws if the process is gone */
function worksIn(pid: number, folder: string): boolean {
  const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
  const cwd = readlinkSync(`/proc/${pid}/cwd`);
  return [folder, dataDirectory(folder)].some(
    (own) => command.includes(own) || cwd === own || cwd.startsWith(`${own}/`),
  );
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
  // A pid may have been given to a stranger since: only a group leader with our working folder is ours.
  const ours = left.children.filter((pid) => isOurs(pid, dirname(pidFile)));
  // Asked first: a chain's node writes its state when it is asked to end. Their ports are free when they are gone.
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    for (const pid of ours) send(pid, signal);
    for (let waited = 0; waited < GONE_MS && ours.some(isAlive); waited += GONE_POLL_MS) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, GONE_POLL_MS);
    }
  }
  rmSync(pidFile, { force: true });
}

function isOurs(pid: number, folder: string): boolean {
  try {
    return worksIn(pid, folder);
  } catch {
    // gone already
    return false;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone already
  }
}

/** One by one: below /proc, Node's recursive mkdir never comes back. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** @throws {CodedError} `devnet/foreign-folder`, `devnet/folder-unusable` */
function own(path: string): void {
  try {
    makeFolder(path);
    // Folders of earlier versions have the description alone.
    if ([OWNED, MARKER].some((name) => existsSync(join(path, name)))) return;
    if (readdirSync(path).length === 0) {
      writeFileSync(join(path, OWNED), "Made by npm start; --fresh empties this folder.\n");
      return;
    }
  } catch (cause) {
    const detail = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new CodedError(
      { code: "devnet/folder-unusable", folder: path, detail, mend: "--state FOLDER" },
      { cause },
    );
  }
  throw new CodedError({
    code: "devnet/foreign-folder",
    folder: path,
    mend: "--state FOLDER that is empty or not there yet",
  });
}

/** @throws {CodedError} `devnet/foreign-folder`, `devnet/folder-unusable`, `devnet/state-incomplete`, `devnet/state-unreadable`, `devnet/already-running` */
export function openStateFolder(path: string, fresh: boolean): StateFolder {
  own(path);
  const pidFile = join(path, "pids.json");
  settlePredecessor(pidFile);
  if (fresh)
    for (const name of readdirSync(path))
      if (name !== OWNED) rmSync(join(path, name), { recursive: true, force: true });
  const marker = join(path, MARKER);
  const existing = existsSync(marker);
  if (!existing && readdirSync(path).some((name) => name !== OWNED)) {
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
