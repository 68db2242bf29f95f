import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { NodeError } from "../errors.ts";
import { type FileSystem, NODE_FILE_SYSTEM, type OpenedFile } from "../store/file-system.ts";

/** A block (4 MiB) and its envelope; a longer length field is damage, not data. */
const MAX_RECORD_BYTES = 5 * 1024 * 1024;
const HEAD_BYTES = 8;
/** Votes that caused no effect wait in memory; beyond this they are written, though not yet synced. */
const MAX_PENDING_BYTES = 256 * 1024;

/** The records since the last `reset`, in order: what a restarted node replays. */
export interface Wal {
  readonly file: string;
  /** found at open */
  readonly recovered: readonly Uint8Array[];
  /** bytes of a torn or damaged tail that open cut off */
  readonly tornBytes: number;
  append(record: Uint8Array): void;
  /** Everything appended survives the end of this process, though not yet that of the machine. */
  flush(): void;
  /** Everything appended is on disk when it returns. */
  sync(): void;
  reset(): void;
  close(): void;
}

/**
 * One file of frames: length u32, CRC-32 u32, record. A crash can tear only what was never synced: the file is cut
 * at the first frame that does not check, which leaves an earlier moment of the same story.
 */
export function openWal(file: string, fileSystem: FileSystem = NODE_FILE_SYSTEM): Wal {
  const opened = openFile(file, fileSystem);
  const { records, end, total } = recover(opened.read());
  if (end < total) opened.truncate(end);
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;

  function flush(): void {
    if (pending.length === 0) return;
    opened.append(pending);
    pending = [];
    pendingBytes = 0;
  }

  return {
    file,
    recovered: records,
    tornBytes: total - end,
    append(record): void {
      if (record.length === 0) throw new Error("a log record has at least its tag");
      pending.push(head(record), record);
      pendingBytes += HEAD_BYTES + record.length;
      if (pendingBytes > MAX_PENDING_BYTES) flush();
    },
    flush,
    sync(): void {
      flush();
      opened.sync();
    },
    reset(): void {
      pending = [];
      pendingBytes = 0;
      opened.truncate(0);
    },
    close(): void {
      flush();
      opened.close();
    },
  };
}

function openFile(file: string, fileSystem: FileSystem): OpenedFile {
  try {
    const opened = fileSystem.open(file, "append");
    fileSystem.syncDirectory(dirname(file));
    return opened;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new NodeError({ code: "store/unusable", directory: dirname(file), detail }, { cause });
  }
}

function head(record: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, record.length);
  view.setUint32(4, crc32(record));
  return bytes;
}

interface Recovered {
  readonly records: readonly Uint8Array[];
  /** where the last whole frame ends */
  readonly end: number;
  readonly total: number;
}

function recover(bytes: Uint8Array): Recovered {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Uint8Array[] = [];
  let at = 0;
  while (at + HEAD_BYTES <= bytes.length) {
    const length = view.getUint32(at);
    const from = at + HEAD_BYTES;
    // A power cut may keep the new length of a file and lose its pages: eight zeros would check as a record.
    if (length === 0) break;
    if (length > MAX_RECORD_BYTES || from + length > bytes.length) break;
    const record = bytes.slice(from, from + length);
    if (crc32(record) !== view.getUint32(at + 4)) break;
    records.push(record);
    at = from + length;
  }
  return { records, end: at, total: bytes.length };
}
