import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CodedError } from "@ropenet/protocol";
import { isRunning, readPidFile } from "./pid-file.ts";
import { dataDirectory } from "./postgres.ts";

export interface StateFolder {
  readonly path: string;
  /** true if a complete network lies here already */
  readonly existing: boolean;
  /** What `complete` was given. @throws {CodedError} `devnet/state-unreadable` unless `isIt` */
  read<T>(isIt: (value: unknown) => value is T): T;
  /** Written last: its presence says that everything else is whole. It names what cannot be made anew. */
  complete(description: object): void;
  readonly pidFile: string;
}

const MARKER = "network.json";
/** Written first: only what this program has made may be forgotten by it. */
const OWNED = ".ropenet-state";

const GONE_MS = 3_000;
const GONE_POLL_MS = 20;

/** Ends what a killed predecessor left running; refuses if it still lives. */
function settlePredecessor(pidFile: string): void {
  const left = readPidFile(pidFile);
  if (!left) return;
  if (left.supervisor.pid !== process.pid && isRunning(left.supervisor)) {
    throw new CodedError({
      code: "devnet/already-running",
      pid: left.supervisor.pid,
      mend: "stop it with Ctrl-C first",
    });
  }
  const ours = left.children.filter(isRunning);
  // Asked first: a chain's node writes its state when it is asked to end. Their ports are free when they are gone.
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    for (const mark of ours.filter(isRunning)) send(mark.pid, signal);
    for (let waited = 0; waited < GONE_MS && ours.some(isRunning); waited += GONE_POLL_MS) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, GONE_POLL_MS);
    }
  }
  rmSync(pidFile, { force: true });
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

function unreadable(file: string, cause?: unknown): CodedError {
  const mend = "npm start -- --fresh";
  return new CodedError({ code: "devnet/state-unreadable", file, mend }, { cause });
}

function readMarker(marker: string): unknown {
  try {
    return JSON.parse(readFileSync(marker, "utf8"));
  } catch (cause) {
    throw unreadable(marker, cause);
  }
}

/** Keys, passwords, and what nodes know of themselves: a new one in its place would be another's. */
const IRREPLACEABLE =
  /(\.hex|keys\.json|config\.json|state\.db|\.state|genesis-time)$|^passwords\//;

function irreplaceable(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => IRREPLACEABLE.test(name) && !name.startsWith("postgres/"))
    .toSorted();
}

/** @throws {CodedError} `devnet/state-incomplete` naming what is missing */
function assertWhole(folder: string, marker: string): void {
  const { pieces } = (readMarker(marker) ?? {}) as { readonly pieces?: unknown };
  const known = Array.isArray(pieces) ? pieces.map(String) : [];
  const database = join(dataDirectory(folder), "PG_VERSION");
  const missing = [...known.map((name) => join(folder, name)), database].find(
    (piece) => !existsSync(piece),
  );
  if (missing === undefined) return;
  throw new CodedError({
    code: "devnet/state-incomplete",
    ...{ folder, missing, mend: "put it back, or npm start -- --fresh" },
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
  if (existing) assertWhole(path, marker);
  return {
    path,
    existing,
    pidFile,
    read<T>(isIt: (value: unknown) => value is T): T {
      const description = readMarker(marker);
      if (!isIt(description)) throw unreadable(marker);
      return description;
    },
    complete(description): void {
      const pieces = irreplaceable(path);
      writeFileSync(marker, JSON.stringify({ ...description, pieces }, null, 2));
    },
  };
}
