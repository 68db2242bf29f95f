import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { CodedError } from "@ropenet/protocol";
import { type FileSystem, NODE_FILE_SYSTEM, type OpenedFile } from "../store/file-system.ts";

export type SlotFileErrorInfo =
  | { readonly code: "signer/state-missing"; readonly file: string }
  | { readonly code: "signer/state-corrupt"; readonly file: string }
  | { readonly code: "signer/state-unusable"; readonly file: string; readonly detail: string };
export class SlotFileError extends CodedError<SlotFileErrorInfo> {}

const SLOT_BYTES = 1_024;
/** sequence u64, length u16, then the value and its CRC-32 */
const HEAD_BYTES = 10;
const MAX_VALUE_BYTES: number = SLOT_BYTES - HEAD_BYTES - 4;

/** One small value, replaced in place and durable when `write` returns. */
export interface SlotFile {
  readonly value: Uint8Array | undefined;
  /** One of the two records could not be read when it was opened: a torn write, or the disk lost the newer one. */
  readonly isSpoilt: boolean;
  write(value: Uint8Array): void;
  close(): void;
}

/**
 * Two slots, written in turn: a torn write can spoil only the slot it was replacing with something newer that
 * nobody has seen yet. A disk that loses what was on it looks the same; whoever asks must look elsewhere for what the
 * record could have known, see own-words.ts.
 * @throws {SlotFileError} if the file is absent although it must exist, or no slot of it can be read
 */
export function openSlotFile(
  file: string,
  options: { readonly mustExist: boolean; readonly fileSystem?: FileSystem | undefined },
): SlotFile {
  const fileSystem = options.fileSystem ?? NODE_FILE_SYSTEM;
  const existed = fileSystem.exists(file);
  if (!existed && options.mustExist)
    throw new SlotFileError({ code: "signer/state-missing", file });
  const opened = openFile(file, existed, fileSystem);
  const content = opened.read();
  // It is written in place: no crash makes it shorter.
  const isWhole = content.length === 2 * SLOT_BYTES;
  const slots = isWhole ? [0, 1].map((index) => readSlot(content, index)) : [];
  const newest = slots
    .filter((slot) => slot !== undefined)
    .toSorted((one, other) => (one.sequence < other.sequence ? 1 : -1))[0];
  if (!newest) {
    opened.close();
    throw new SlotFileError({ code: "signer/state-corrupt", file });
  }
  // The process may have died between writing this record and syncing it: what is given again must stay given.
  opened.sync();
  let { sequence, value } = newest;
  return {
    isSpoilt: slots.includes(undefined),
    get value(): Uint8Array | undefined {
      return value.length === 0 ? undefined : value;
    },
    write(next): void {
      if (next.length > MAX_VALUE_BYTES) throw new Error("value exceeds its slot");
      writeSlot(opened, { sequence: sequence + 1n, value: next });
      opened.sync();
      sequence += 1n;
      value = new Uint8Array(next);
    },
    close: () => opened.close(),
  };
}

function openFile(file: string, existed: boolean, fileSystem: FileSystem): OpenedFile {
  try {
    return existed ? fileSystem.open(file, "update") : create(file, fileSystem);
  } catch (cause) {
    if (typeof (cause as NodeJS.ErrnoException).syscall !== "string") throw cause;
    const detail = (cause as Error).message;
    throw new SlotFileError({ code: "signer/state-unusable", file, detail }, { cause });
  }
}

interface Slot {
  readonly sequence: bigint;
  readonly value: Uint8Array;
}

function create(file: string, fileSystem: FileSystem): OpenedFile {
  // Under its own name it is whole: a crash in here must not leave what looks like a damaged record.
  const unfinished = `${file}.new`;
  const opened = fileSystem.open(unfinished, "replace");
  writeSlot(opened, { sequence: 0n, value: new Uint8Array(0) });
  writeSlot(opened, { sequence: 1n, value: new Uint8Array(0) });
  opened.sync();
  fileSystem.rename(unfinished, file);
  fileSystem.syncDirectory(dirname(file));
  return opened;
}

function writeSlot(opened: OpenedFile, { sequence, value }: Slot): void {
  const bytes = new Uint8Array(SLOT_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, sequence);
  view.setUint16(8, value.length);
  bytes.set(value, HEAD_BYTES);
  const end = HEAD_BYTES + value.length;
  view.setUint32(end, crc32(bytes.subarray(0, end)));
  opened.write(bytes, Number(sequence % 2n) * SLOT_BYTES);
}

function readSlot(content: Uint8Array, index: number): Slot | undefined {
  const bytes = content.slice(index * SLOT_BYTES, (index + 1) * SLOT_BYTES);
  if (bytes.length !== SLOT_BYTES) return undefined;
  const view = new DataView(bytes.buffer);
  const length = view.getUint16(8);
  if (length > MAX_VALUE_BYTES) return undefined;
  const end = HEAD_BYTES + length;
  if (crc32(bytes.subarray(0, end)) !== view.getUint32(end)) return undefined;
  return { sequence: view.getBigUint64(0), value: bytes.slice(HEAD_BYTES, end) };
}
