import type { FileSystem, KeyValueStore, OpenedFile, OpenMode } from "@ropenet/node/parts";
import { CodedError, compareBytes, LocalFault, type WriteBatch } from "@ropenet/protocol";
import type { Random } from "./random.ts";

/** `process`: what was written stays. `power`: what was not synced may be lost, or torn at any byte. */
export type CrashStyle = "process" | "power";
export type CrashMoment = "before" | "during" | "after";

/** Ends the turn of a node in the middle of whatever it did. Not an error of the node. */
export class SimulatedCrash extends Error {
  readonly style: CrashStyle;

  constructor(style: CrashStyle) {
    super(`crash (${style})`);
    this.style = style;
  }
}

export interface FailPoint {
  /** operations that still succeed */
  after: number;
  readonly moment: CrashMoment;
  readonly style: CrashStyle;
}

/** The disk does not give back what lies there. */
export interface BadRead {
  /** reads of the store that still succeed */
  after: number;
}

export type DiskOperation = "append" | "write" | "truncate" | "sync" | "name" | "batch";

type Change =
  | { readonly kind: "write"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly length: number };

interface FileState {
  content: Uint8Array;
  length: number;
  /** on the platter */
  durable: Uint8Array;
  /** whether the name would survive a power cut */
  named: boolean;
  /** what a power cut may still call it */
  formerName: string | undefined;
  changes: Change[];
}

export interface DiskEvents {
  /** called before each operation takes effect */
  onOperation(operation: DiskOperation): void;
}

/** Files with a page cache above a platter, and a store whose batches are atomic and durable. */
export class SimulatedDisk implements FileSystem {
  failPoint: FailPoint | undefined;
  badRead: BadRead | undefined;
  operations = 0;
  readonly #random: Random;
  readonly #events: DiskEvents;
  readonly #files = new Map<string, FileState>();
  readonly #entries = new Entries();

  constructor(random: Random, events: DiskEvents) {
    this.#random = random;
    this.#events = events;
  }

  exists(file: string): boolean {
    return this.#files.has(file);
  }

  sizeOf(file: string): number {
    return this.#files.get(file)?.length ?? 0;
  }

  open(file: string, mode: OpenMode): OpenedFile {
    const known = this.#files.get(file);
    if (mode === "update" && !known) throw new Error(`no such file: ${file}`);
    if (known && mode !== "replace") return this.#opened(known);
    const made = emptyFile();
    this.#perform("name", () => void this.#files.set(file, made));
    return this.#opened(made);
  }

  rename(from: string, to: string): void {
    this.#perform("name", () => {
      const state = this.#files.get(from);
      if (!state) throw new Error(`no such file: ${from}`);
      this.#files.delete(from);
      this.#files.set(to, state);
      state.formerName = from;
    });
  }

  syncDirectory(): void {
    this.#perform("name", () => {
      for (const state of this.#files.values()) {
        state.named = true;
        state.formerName = undefined;
      }
    });
  }

  /** One batch is all there or not at all: SQLite's promise, with `synchronous=FULL` durable on return. */
  store(): KeyValueStore {
    const entries = this.#entries;
    return {
      get: (key) => {
        this.#read();
        return entries.get(key);
      },
      range: (from, to, limit) => {
        this.#read();
        return entries.range(from, to, limit);
      },
      write: (batch: WriteBatch) =>
        this.#perform(
          "batch",
          () => entries.write(batch),
          () => {
            if (this.#random.chance(0.5)) entries.write(batch);
          },
        ),
      close: () => undefined,
    };
  }

  /** What a power cut leaves. A process that only ended leaves all that it wrote. */
  cutPower(): void {
    for (const [name, state] of [...this.#files]) {
      if (!state.named && this.#random.chance(0.5)) {
        this.#files.delete(name);
        continue;
      }
      if (state.formerName !== undefined && this.#random.chance(0.5)) {
        this.#files.delete(name);
        this.#files.set(state.formerName, state);
      }
      state.formerName = undefined;
      const survived = survivors(state, this.#random);
      state.content = survived;
      state.length = survived.length;
      state.durable = survived.slice();
      state.changes = [];
      state.named = true;
    }
  }

  #opened(state: FileState): OpenedFile {
    const change = (one: Change): void => {
      apply(state, one);
      state.changes.push(one);
    };
    const put = (operation: "append" | "write", at: number, bytes: Uint8Array): void =>
      this.#perform(
        operation,
        () => change({ kind: "write", at, bytes }),
        () => {
          const torn = bytes.slice(0, this.#random.below(bytes.length + 1));
          change({ kind: "write", at, bytes: torn });
        },
      );
    return {
      read: () => state.content.slice(0, state.length),
      append: (parts) => put("append", state.length, join(parts)),
      write: (bytes, position) => put("write", position, bytes.slice()),
      truncate: (length) => this.#perform("truncate", () => change({ kind: "truncate", length })),
      sync: () =>
        this.#perform(
          "sync",
          () => {
            state.durable = state.content.slice(0, state.length);
            state.changes = [];
          },
          () => {
            state.durable = survivors(state, this.#random);
          },
        ),
      close: () => undefined,
    };
  }

  /** @throws {LocalFault} once, as SQLite's store does */
  #read(): void {
    if (!this.badRead) return;
    this.badRead.after -= 1;
    if (this.badRead.after >= 0) return;
    this.badRead = undefined;
    throw new LocalFault(new CodedError({ code: "store/failed", file: "/state.db" }));
  }

  #perform(operation: DiskOperation, whole: () => void, torn: () => void = () => undefined): void {
    this.operations += 1;
    this.#events.onOperation(operation);
    const point = this.failPoint;
    if (!point) {
      whole();
      return;
    }
    point.after -= 1;
    if (point.after >= 0) {
      whole();
      return;
    }
    this.failPoint = undefined;
    if (point.moment === "during") torn();
    if (point.moment === "after") whole();
    throw new SimulatedCrash(point.style);
  }
}

function emptyFile(): FileState {
  return {
    content: new Uint8Array(0),
    length: 0,
    durable: new Uint8Array(0),
    named: false,
    formerName: undefined,
    changes: [],
  };
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function apply(state: FileState, change: Change): void {
  if (change.kind === "truncate") {
    state.content.fill(0, Math.min(change.length, state.length), state.length);
    state.length = change.length;
    return;
  }
  const end = change.at + change.bytes.length;
  if (end > state.content.length) {
    const grown = new Uint8Array(Math.max(end, state.content.length * 2, 4_096));
    grown.set(state.content.subarray(0, state.length));
    state.content = grown;
  }
  state.content.set(change.bytes, change.at);
  state.length = Math.max(state.length, end);
}

/**
 * The platter and some of what was not synced. Lengths are journalled, hence in order: nothing behind a lost
 * truncation survives. Between two truncations each write survives whole, torn at any byte, as a hole of zeros
 * that is as long (its length came through, its pages did not), or not at all.
 */
function survivors(state: FileState, random: Random): Uint8Array {
  const left: FileState = { ...emptyFile(), content: state.durable.slice() };
  left.length = state.durable.length;
  let gap = false;
  for (const change of state.changes) {
    if (change.kind === "truncate") {
      if (random.chance(0.5)) break;
      apply(left, change);
      gap = false;
    } else if (!gap || change.at <= left.length) {
      // Behind a gap in the file there is nothing to write to.
      const bytes = remains(change.bytes, random);
      if (bytes) apply(left, { ...change, bytes });
      gap ||= bytes?.length !== change.bytes.length;
    }
  }
  return left.content.slice(0, left.length);
}

function remains(bytes: Uint8Array, random: Random): Uint8Array | undefined {
  const fate = random.next();
  if (fate < 0.4) return bytes;
  if (fate < 0.7) return bytes.slice(0, random.below(bytes.length + 1));
  return fate < 0.8 ? new Uint8Array(bytes.length) : undefined;
}

type Entry = readonly [Uint8Array, Uint8Array];

/** The store's content. Kept in order only when somebody asks for a range. */
class Entries {
  readonly #byName = new Map<string, Entry>();
  #sorted: readonly Entry[] | undefined = [];

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#byName.get(nameOf(key))?.[1].slice();
  }

  *range(from: Uint8Array, to: Uint8Array, limit = Number.POSITIVE_INFINITY): Generator<Entry> {
    this.#sorted ??= [...this.#byName.values()].sort(([one], [other]) => compareBytes(one, other));
    let left = limit;
    for (const [key, value] of this.#sorted) {
      if (compareBytes(key, from) < 0) continue;
      if (left <= 0 || compareBytes(key, to) >= 0) return;
      left -= 1;
      yield [key.slice(), value.slice()];
    }
  }

  write(batch: WriteBatch): void {
    for (const { key, value } of batch) {
      const name = nameOf(key);
      if (value === undefined) this.#byName.delete(name);
      else this.#byName.set(name, [key.slice(), value.slice()]);
    }
    this.#sorted = undefined;
  }
}

const nameOf = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
