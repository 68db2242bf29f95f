import { compareBytes, concatBytes, pathOf } from "@ropenet/protocol";
import type { StateEntry } from "@ropenet/runtime";
import { SnapshotError } from "./errors.ts";

/** An entry longer than this is alone in its piece. */
export const MAX_PIECE_BYTES: number = 1024 * 1024;
const HEAD_BYTES = 6;

/** Gathers entries into rows of at most a MiB, each row as full as it can be: one state, one division. */
export interface PieceBuilder {
  /** the piece that was full before this entry */
  add(entry: StateEntry): Uint8Array | undefined;
  /** the last one */
  finish(): Uint8Array | undefined;
}

export function createPieceBuilder(): PieceBuilder {
  let parts: Uint8Array[] = [];
  let bytes = 0;

  function take(): Uint8Array | undefined {
    if (bytes === 0) return undefined;
    const piece = concatBytes(...parts);
    parts = [];
    bytes = 0;
    return piece;
  }

  return {
    add([key, value]): Uint8Array | undefined {
      const length = HEAD_BYTES + key.length + value.length;
      const full = bytes + length > MAX_PIECE_BYTES ? take() : undefined;
      const head = new Uint8Array(HEAD_BYTES);
      const view = new DataView(head.buffer);
      view.setUint16(0, key.length);
      view.setUint32(2, value.length);
      parts.push(head, key, value);
      bytes += length;
      return full;
    },
    finish: take,
  };
}

export function* piecesOf(entries: Iterable<StateEntry>): Generator<Uint8Array> {
  const builder = createPieceBuilder();
  for (const entry of entries) {
    const piece = builder.add(entry);
    if (piece) yield piece;
  }
  const last = builder.finish();
  if (last) yield last;
}

/** The reverse, strictly. @throws {SnapshotError} `snapshot/out-of-order`, `snapshot/not-canonical` */
export function* entriesOf(pieces: Iterable<Uint8Array>): Generator<StateEntry> {
  let before: Uint8Array | undefined;
  let previousBytes = 0;
  let index = 0;
  for (const piece of pieces) {
    const entries = readPiece(piece, index);
    const [first] = entries;
    const firstBytes = first ? HEAD_BYTES + first[0].length + first[1].length : 0;
    const couldBeLonger = index > 0 && previousBytes + firstBytes <= MAX_PIECE_BYTES;
    const isTooLong = piece.length > MAX_PIECE_BYTES && entries.length > 1;
    if (!first || couldBeLonger || isTooLong) {
      throw new SnapshotError({ code: "snapshot/not-canonical", index });
    }
    for (const entry of entries) {
      const path = pathOf(entry[0]);
      if (before && compareBytes(before, path) >= 0) {
        throw new SnapshotError({ code: "snapshot/out-of-order", index });
      }
      before = path;
      yield entry;
    }
    previousBytes = piece.length;
    index += 1;
  }
}

function readPiece(piece: Uint8Array, index: number): readonly StateEntry[] {
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  const entries: StateEntry[] = [];
  for (let at = 0; at < piece.length; ) {
    const key = at + HEAD_BYTES;
    const value = key <= piece.length ? key + view.getUint16(at) : piece.length + 1;
    const end = value <= piece.length ? value + view.getUint32(at + 2) : piece.length + 1;
    if (end > piece.length) throw new SnapshotError({ code: "snapshot/not-canonical", index });
    entries.push([piece.slice(key, value), piece.slice(value, end)]);
    at = end;
  }
  return entries;
}

/** Any bytes in rows of a MiB. */
export function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += MAX_PIECE_BYTES) {
    yield bytes.slice(at, at + MAX_PIECE_BYTES);
  }
}
