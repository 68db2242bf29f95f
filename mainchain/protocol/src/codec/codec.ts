import { CodedError, utf8ToBytes } from "@ropenet/crypto";

export type CodecErrorInfo =
  | { readonly code: "codec/truncated"; readonly field: string }
  | { readonly code: "codec/trailing-bytes"; readonly extra: number }
  | { readonly code: "codec/out-of-range"; readonly field: string; readonly value: string }
  | {
      readonly code: "codec/too-long";
      readonly field: string;
      readonly length: number;
      readonly limit: number;
    }
  | { readonly code: "codec/bad-tag"; readonly field: string; readonly tag: number }
  | { readonly code: "codec/not-canonical"; readonly field: string };

/** A byte string that is not the one encoding of a value, or a value that has none. */
export class CodecError extends CodedError<CodecErrorInfo> {}

const WORD = (1n << 64n) - 1n;

/** Reads big-endian fields from one buffer; every read is bounds-checked. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    // Of a Buffer, `slice` would be a view of memory that its owner may use again.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  #take(length: number, field: string): number {
    if (length > this.remaining) throw new CodecError({ code: "codec/truncated", field });
    const at = this.#offset;
    this.#offset += length;
    return at;
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#take(2, field));
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#take(4, field));
  }

  /** `width` is a multiple of 8. */
  uint(width: number, field: string): bigint {
    const at = this.#take(width, field);
    let value = this.#view.getBigUint64(at);
    for (let word = 8; word < width; word += 8) {
      value = (value << 64n) | this.#view.getBigUint64(at + word);
    }
    return value;
  }

  /** A copy, so that a decoded record never pins or aliases the frame it came in. */
  bytes(length: number, field: string): Uint8Array {
    const at = this.#take(length, field);
    return this.#bytes.slice(at, at + length);
  }

  end(): void {
    if (this.remaining !== 0) {
      throw new CodecError({ code: "codec/trailing-bytes", extra: this.remaining });
    }
  }
}

const MIN_BUFFER = 512;
/** Longer buffers are given back to the collector instead of kept for the next writer. */
const MAX_SPARE_BUFFER = 64 * 1024;
const MAX_SPARE_BUFFERS = 8;
const spareBuffers: WriteBuffer[] = [];

interface WriteBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
}

function writeBuffer(length: number): WriteBuffer {
  const bytes = new Uint8Array(length);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** Collects big-endian fields in one growing buffer. */
export class Writer {
  #buffer: WriteBuffer = spareBuffers.pop() ?? writeBuffer(MIN_BUFFER);
  #length = 0;

  /** Where the next `length` bytes go. */
  #place(length: number): number {
    const at = this.#length;
    this.#length = at + length;
    if (this.#length > this.#buffer.bytes.length) {
      const { bytes } = this.#buffer;
      this.#buffer = writeBuffer(2 * this.#length);
      this.#buffer.bytes.set(bytes);
    }
    return at;
  }

  bytes(value: Uint8Array): void {
    const at = this.#place(value.length);
    this.#buffer.bytes.set(value, at);
  }

  /** `width` is a multiple of 8. */
  uint(value: bigint, width: number): void {
    const at = this.#place(width);
    const { view } = this.#buffer;
    let rest = value;
    for (let word = width - 8; word > 0; word -= 8) {
      view.setBigUint64(at + word, rest & WORD);
      rest >>= 64n;
    }
    view.setBigUint64(at, rest);
  }

  number(value: number, width: 1 | 2 | 4): void {
    const at = this.#place(width);
    const { view } = this.#buffer;
    if (width === 1) view.setUint8(at, value);
    else if (width === 2) view.setUint16(at, value);
    else view.setUint32(at, value);
  }

  /** What was written. The writer starts anew. */
  finish(): Uint8Array {
    const made = this.#buffer.bytes.slice(0, this.#length);
    this.#length = 0;
    return made;
  }

  /** Gives the buffer to the next writer; this one is not used again. */
  release(): void {
    if (this.#buffer.bytes.length > MAX_SPARE_BUFFER) return;
    if (spareBuffers.length < MAX_SPARE_BUFFERS) spareBuffers.push(this.#buffer);
  }
}

/** One value, one byte string: `read` refuses whatever `write` would not have produced. */
export interface Codec<T> {
  write(writer: Writer, value: T, field: string): void;
  read(reader: Reader, field: string): T;
}

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new Writer();
  codec.write(writer, value, "");
  const bytes = writer.finish();
  writer.release();
  return bytes;
}

/** @throws {CodecError} unless `bytes` is exactly the encoding of one value */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = codec.read(reader, "");
  reader.end();
  return value;
}

function checkNumber(value: number, width: number, field: string): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width)) {
    throw new CodecError({ code: "codec/out-of-range", field, value: String(value) });
  }
}

function checkBigint(value: bigint, largest: bigint, field: string): void {
  if (typeof value !== "bigint" || value < 0n || value > largest) {
    throw new CodecError({ code: "codec/out-of-range", field, value: String(value) });
  }
}

function smallUint(width: 1 | 2 | 4): Codec<number> {
  return {
    write(writer, value, field): void {
      checkNumber(value, width, field);
      writer.number(value, width);
    },
    read(reader, field): number {
      if (width === 1) return reader.u8(field);
      return width === 2 ? reader.u16(field) : reader.u32(field);
    },
  };
}

function wideUint(width: 8 | 16 | 32): Codec<bigint> {
  const largest = (1n << BigInt(8 * width)) - 1n;
  return {
    write(writer, value, field): void {
      checkBigint(value, largest, field);
      writer.uint(value, width);
    },
    read: (reader, field) => reader.uint(width, field),
  };
}

export const u8: Codec<number> = smallUint(1);
export const u16: Codec<number> = smallUint(2);
export const u32: Codec<number> = smallUint(4);
export const u64: Codec<bigint> = wideUint(8);
export const u128: Codec<bigint> = wideUint(16);
export const u256: Codec<bigint> = wideUint(32);

/** Two's complement, one byte. */
export const i8: Codec<number> = {
  write(writer, value, field): void {
    if (!Number.isInteger(value) || value < -128 || value > 127) {
      throw new CodecError({ code: "codec/out-of-range", field, value: String(value) });
    }
    writer.number(value & 0xff, 1);
  },
  read(reader, field): number {
    const byte = reader.u8(field);
    return byte > 127 ? byte - 256 : byte;
  },
};

export const bool: Codec<boolean> = {
  write: (writer, value) => writer.number(value ? 1 : 0, 1),
  read(reader, field): boolean {
    const byte = reader.u8(field);
    if (byte > 1) throw new CodecError({ code: "codec/not-canonical", field });
    return byte === 1;
  },
};

/** A byte string of exactly `length` bytes. */
export function fixedBytes(length: number): Codec<Uint8Array> {
  return {
    write(writer, value, field): void {
      if (value.length !== length) {
        throw new CodecError({ code: "codec/out-of-range", field, value: `${value.length} bytes` });
      }
      writer.bytes(value);
    },
    read: (reader, field) => reader.bytes(length, field),
  };
}

export const b20: Codec<Uint8Array> = fixedBytes(20);
export const b32: Codec<Uint8Array> = fixedBytes(32);

type LengthCodec = Codec<number>;

/** A length prefix and at most `limit` bytes. */
export function varBytes(limit: number, length: LengthCodec = u32): Codec<Uint8Array> {
  return {
    write(writer, value, field): void {
      if (value.length > limit) {
        throw new CodecError({ code: "codec/too-long", field, length: value.length, limit });
      }
      length.write(writer, value.length, field);
      writer.bytes(value);
    },
    read(reader, field): Uint8Array {
      const count = length.read(reader, field);
      if (count > limit)
        throw new CodecError({ code: "codec/too-long", field, length: count, limit });
      return reader.bytes(count, field);
    },
  };
}

const textDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 of at most `limit` bytes; ill-formed text is refused. */
export function text(limit: number, length: LengthCodec = u16): Codec<string> {
  const raw = varBytes(limit, length);
  return {
    write(writer, value, field): void {
      if (!value.isWellFormed()) throw new CodecError({ code: "codec/not-canonical", field });
      raw.write(writer, utf8ToBytes(value), field);
    },
    read(reader, field): string {
      const bytes = raw.read(reader, field);
      try {
        return textDecoder.decode(bytes);
      } catch (cause) {
        throw new CodecError({ code: "codec/not-canonical", field }, { cause });
      }
    },
  };
}

/** A count prefix and at most `limit` items. */
export function list<T>(
  item: Codec<T>,
  limit: number,
  count: LengthCodec = u16,
): Codec<readonly T[]> {
  return {
    write(writer, values, field): void {
      if (values.length > limit) {
        throw new CodecError({ code: "codec/too-long", field, length: values.length, limit });
      }
      count.write(writer, values.length, field);
      for (const value of values) item.write(writer, value, field);
    },
    read(reader, field): readonly T[] {
      const total = count.read(reader, field);
      if (total > limit)
        throw new CodecError({ code: "codec/too-long", field, length: total, limit });
      const values: T[] = [];
      for (let index = 0; index < total; index += 1)
        values.push(item.read(reader, `${field}[${index}]`));
      return values;
    },
  };
}

/** One byte 0, or one byte 1 and the value. */
export function optional<T>(inner: Codec<T>): Codec<T | null> {
  return {
    write(writer, value, field): void {
      bool.write(writer, value !== null, field);
      if (value !== null) inner.write(writer, value, field);
    },
    read: (reader, field) => (bool.read(reader, field) ? inner.read(reader, field) : null),
  };
}

/** A number restricted to `allowed`, one byte wide. */
export function choice<T extends number>(...allowed: readonly T[]): Codec<T> {
  const known = new Set<number>(allowed);
  return {
    write(writer, value, field): void {
      if (!known.has(value)) throw new CodecError({ code: "codec/bad-tag", field, tag: value });
      u8.write(writer, value, field);
    },
    read(reader, field): T {
      const tag = u8.read(reader, field);
      const found = allowed.find((value) => value === tag);
      if (found === undefined) throw new CodecError({ code: "codec/bad-tag", field, tag });
      return found;
    },
  };
}

/** The fields of `T` in the order in which they are written here. */
export function struct<T extends object>(
  fields: { readonly [K in keyof T]-?: Codec<T[K]> },
): Codec<T> {
  const entries = Object.entries(fields) as [keyof T & string, Codec<T[keyof T]>][];
  return {
    write(writer, value): void {
      for (const [name, codec] of entries) codec.write(writer, value[name], name);
    },
    read(reader): T {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.read(reader, name);
      return value as T;
    },
  };
}
