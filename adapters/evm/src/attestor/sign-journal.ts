import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { concatBytes, equalBytes, keccak256 } from "@ropenet/protocol";
import { AttestorError } from "./attestor-error.ts";

/** height u64 ‖ headerHash b32 ‖ first 8 bytes of keccak-256 of both. */
const BODY_BYTES = 40;
const RECORD_BYTES = 48;

/** Heights that stay answerable; over an hour of one-second blocks. */
const KEEP_RECORDS = 4_096;

/** What one key has signed. It outlives the process, so the key cannot contradict itself after a crash. */
export interface SignJournal {
  /** newest height that the key has signed, 0 if none */
  readonly highWater: bigint;
  /** hash signed at `height`, if it is still remembered */
  signedAt(height: bigint): Uint8Array | undefined;
  /**
   * Durable when it returns: only then may the signature leave.
   * @throws {AttestorError} `attestor/contradiction`, `attestor/too-old`
   */
  record(height: bigint, headerHash: Uint8Array): void;
  close(): void;
}

function encodeRecord(height: bigint, headerHash: Uint8Array): Uint8Array {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, height);
  const body = concatBytes(head, headerHash);
  return concatBytes(body, keccak256(body).subarray(0, RECORD_BYTES - BODY_BYTES));
}

function decodeRecord(bytes: Uint8Array): { height: bigint; hash: Uint8Array } | undefined {
  const body = bytes.slice(0, BODY_BYTES);
  const sum = keccak256(body).subarray(0, RECORD_BYTES - BODY_BYTES);
  if (!equalBytes(sum, bytes.subarray(BODY_BYTES))) return undefined;
  return { height: new DataView(body.buffer).getBigUint64(0), hash: body.slice(8) };
}

function readAll(file: string): Uint8Array {
  try {
    // Copied: a Buffer's slices share one pool with whatever was read before.
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Uint8Array();
    throw error;
  }
}

/** Only the last record can be torn: it was never answered, because its fsync had not returned. */
function readRecords(file: string, bytes: Uint8Array): Map<bigint, Uint8Array> {
  const signed = new Map<bigint, Uint8Array>();
  const whole = Math.floor(bytes.length / RECORD_BYTES);
  for (let index = 0; index < whole; index += 1) {
    const at = index * RECORD_BYTES;
    const record = decodeRecord(bytes.subarray(at, at + RECORD_BYTES));
    if (record) signed.set(record.height, record.hash);
    else if (index !== whole - 1 || bytes.length % RECORD_BYTES !== 0) {
      throw new AttestorError({ code: "attestor/bad-journal", file, reason: `record ${index}` });
    }
  }
  return signed;
}

function fsyncFolder(file: string): void {
  const folder = openSync(dirname(file), "r");
  fsyncSync(folder);
  closeSync(folder);
}

function writeFresh(file: string, signed: ReadonlyMap<bigint, Uint8Array>): void {
  const draft = `${file}.new`;
  const descriptor = openSync(draft, "w", 0o600);
  writeSync(
    descriptor,
    concatBytes(...[...signed].map(([height, hash]) => encodeRecord(height, hash))),
  );
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(draft, file);
  fsyncFolder(file);
}

function lowest(signed: ReadonlyMap<bigint, Uint8Array>): bigint {
  return [...signed.keys()].reduce((least, height) => (height < least ? height : least));
}

function newest(signed: ReadonlyMap<bigint, Uint8Array>): Map<bigint, Uint8Array> {
  const ascending = [...signed].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return new Map(ascending.slice(-KEEP_RECORDS));
}

/** @throws {AttestorError} `attestor/bad-journal` for a file damaged anywhere but at its torn end */
export function openSignJournal(file: string): SignJournal {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let signed = newest(readRecords(file, readAll(file)));
  writeFresh(file, signed);
  let descriptor = openSync(file, "a", 0o600);
  let written = signed.size;
  // A file that was ever full may have forgotten what lies below its lowest record.
  let rememberedFrom = signed.size >= KEEP_RECORDS ? lowest(signed) : 0n;
  let highWater = [...signed.keys()].at(-1) ?? 0n;

  function append(height: bigint, headerHash: Uint8Array): void {
    const at = written * RECORD_BYTES;
    try {
      writeSync(descriptor, encodeRecord(height, headerHash));
      fsyncSync(descriptor);
    } catch (error) {
      ftruncateSync(descriptor, at);
      throw error;
    }
    written += 1;
  }

  function compact(): void {
    signed = newest(signed);
    rememberedFrom = lowest(signed);
    closeSync(descriptor);
    writeFresh(file, signed);
    descriptor = openSync(file, "a", 0o600);
    written = signed.size;
  }

  return {
    get highWater(): bigint {
      return highWater;
    },
    signedAt: (height) => signed.get(height),
    record(height, headerHash): void {
      const known = signed.get(height);
      if (known) {
        if (equalBytes(known, headerHash)) return;
        throw new AttestorError({
          code: "attestor/contradiction",
          height,
          known,
          offered: headerHash,
        });
      }
      if (height < rememberedFrom) {
        throw new AttestorError({ code: "attestor/too-old", height, oldest: rememberedFrom });
      }
      append(height, headerHash);
      signed.set(height, headerHash);
      if (height > highWater) highWater = height;
      if (signed.size >= 2 * KEEP_RECORDS) compact();
    },
    close: () => closeSync(descriptor),
  };
}
