import { type Input, inputCodec } from "@ropenet/consensus";
import { CodedError, concatBytes, decode, encode } from "@ropenet/protocol";
import { NodeError } from "../errors.ts";
import { type BoundBlock, readBlock } from "./block-body.ts";
import type { Wal } from "./wal.ts";

const TAG = { input: 1, block: 2 } as const;

/** A block is in the log before any input says that it is held: after a crash it is still there to be decided. */
export type WalRecord =
  | { readonly kind: "input"; readonly input: Input }
  | { readonly kind: "block"; readonly bound: BoundBlock };

export function encodeInput(input: Input): Uint8Array {
  return concatBytes(Uint8Array.of(TAG.input), encode(inputCodec, input));
}

export function encodeBlock(bound: BoundBlock): Uint8Array {
  return concatBytes(Uint8Array.of(TAG.block), bound.bytes);
}

/**
 * Records of the height above `committedHeight`, or nothing if they belong to another one: a crash between the
 * durable commit and the reset of the log leaves the story of a height that is over.
 * @throws {NodeError} `wal/bad-record`: whole, and nothing that this program wrote
 */
export function readRecords(
  { file, recovered }: Pick<Wal, "file" | "recovered">,
  committedHeight: bigint,
): readonly WalRecord[] {
  const story = recovered.map((record, index) => readRecord(record, file, index));
  const [first] = story;
  const begins =
    first?.kind === "input" &&
    first.input.kind === "startHeight" &&
    first.input.height === committedHeight + 1n;
  return begins ? story : [];
}

function readRecord(record: Uint8Array, file: string, index: number): WalRecord {
  try {
    return decodeRecord(record);
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    const detail = cause.message;
    throw new NodeError({ code: "wal/bad-record", file, index, detail }, { cause });
  }
}

function decodeRecord(record: Uint8Array): WalRecord {
  const body = record.slice(1);
  switch (record[0]) {
    case TAG.input:
      return { kind: "input", input: decode(inputCodec, body) };
    case TAG.block:
      return { kind: "block", bound: readBlock(body) };
    default:
      throw new CodedError({ code: "wal/unknown-tag", tag: record[0] ?? 0 });
  }
}
