import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
  writevSync,
} from "node:fs";

/** `append`: made if absent, written at its end · `update`: must exist · `replace`: empty, whatever was there */
export type OpenMode = "append" | "update" | "replace";

/** What log and signer do to a file, each a single call to the disk at which a crash may come. */
export interface OpenedFile {
  read(): Uint8Array;
  append(parts: readonly Uint8Array[]): void;
  write(bytes: Uint8Array, position: number): void;
  truncate(length: number): void;
  /** Content and length are on disk when it returns. */
  sync(): void;
  close(): void;
}

export interface FileSystem {
  exists(file: string): boolean;
  open(file: string, mode: OpenMode): OpenedFile;
  /** All or nothing; what was called `to` is gone. */
  rename(from: string, to: string): void;
  /** A new name survives a crash only once its directory is on disk. */
  syncDirectory(directory: string): void;
}

const FLAGS: Readonly<Record<OpenMode, string>> = { append: "a+", update: "r+", replace: "w+" };

export const NODE_FILE_SYSTEM: FileSystem = {
  exists: existsSync,
  open(file, mode): OpenedFile {
    const descriptor = openSync(file, FLAGS[mode], 0o600);
    return {
      read: () => readAll(descriptor),
      append: (parts) => appendAll(descriptor, parts),
      write(bytes, position): void {
        let done = 0;
        while (done < bytes.length) {
          done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
        }
      },
      truncate: (length) => ftruncateSync(descriptor, length),
      sync: () => fdatasyncSync(descriptor),
      close: () => closeSync(descriptor),
    };
  },
  rename: renameSync,
  syncDirectory(directory): void {
    const descriptor = openSync(directory, "r");
    fsyncSync(descriptor);
    closeSync(descriptor);
  },
};

function readAll(descriptor: number): Uint8Array {
  const bytes = new Uint8Array(fstatSync(descriptor).size);
  let done = 0;
  while (done < bytes.length) {
    const read = readSync(descriptor, bytes, done, bytes.length - done, done);
    if (read === 0) return bytes.subarray(0, done);
    done += read;
  }
  return bytes;
}

function appendAll(descriptor: number, parts: readonly Uint8Array[]): void {
  let left = [...parts];
  while (left.length > 0) {
    let written = writevSync(descriptor, left.slice(0, 1_000));
    while (left[0] && written >= left[0].length) {
      written -= left[0].length;
      left = left.slice(1);
    }
    if (left[0]) left[0] = left[0].subarray(written);
  }
}
