import { concatBytes } from "../bytes.ts";
import { CryptoError } from "../crypto-error.ts";

/**
 * DER, the part of it that keys and certificates need (X.690 §10), and nothing that BER allows beside it: lengths
 * are definite and shortest, tags have one byte, integers no spare byte. So every value has one encoding, and what
 * was read is what was signed.
 */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific and constructed: explicit tagging. */
export const context = (number: number): number => 0xa0 | number;
/** Context-specific and primitive: implicit tagging of bytes. */
export const contextBytes = (number: number): number => 0x80 | number;

const LONGEST = 0xff_ffff;

function lengthBytes(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  if (length <= 0xff) return Uint8Array.of(0x81, length);
  if (length <= 0xffff) return Uint8Array.of(0x82, length >> 8, length & 0xff);
  if (length <= LONGEST) {
    return Uint8Array.of(0x83, length >> 16, (length >> 8) & 0xff, length & 0xff);
  }
  throw new CryptoError({
    code: "crypto/bad-length",
    operand: "der",
    expected: `at most ${LONGEST}`,
    actual: length,
  });
}

/** Tag, length and these contents one behind the other. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(...contents);
  return concatBytes(Uint8Array.of(tag), lengthBytes(body.length), body);
}

/** A non-negative INTEGER from big-endian bytes of any length. */
export function derInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.length === 0 ? Uint8Array.of(0) : bytes.subarray(start);
  const spare = (digits[0] as number) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0);
  return der(TAG.integer, spare, digits);
}

/** A BIT STRING of whole bytes. */
export function derBits(bytes: Uint8Array): Uint8Array {
  return der(TAG.bitString, Uint8Array.of(0), bytes);
}

/** "1.2.840…" */
export function derOid(oid: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = oid.split(".").map(Number);
  const body = [40 * first + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      digits.unshift(0x80 | (left & 0x7f));
    }
    return digits;
  });
  return der(TAG.oid, Uint8Array.from(body));
}

/** Reads one value after the other; every refusal is `crypto/bad-encoding` of its operand. */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #operand: string;
  #at = 0;

  constructor(bytes: Uint8Array, operand: string) {
    this.#bytes = bytes;
    this.#operand = operand;
  }

  refuse(): never {
    throw new CryptoError({ code: "crypto/bad-encoding", operand: this.#operand });
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next tag; undefined at the end. */
  get tag(): number | undefined {
    return this.#bytes[this.#at];
  }

  end(): void {
    if (!this.atEnd) this.refuse();
  }

  /** Contents of the next value, which has this tag. */
  contents(tag: number): Uint8Array {
    if (this.tag !== tag) this.refuse();
    const [header, length] = this.#length(this.#at + 1);
    const end = header + length;
    if (end > this.#bytes.length) this.refuse();
    this.#at = end;
    return this.#bytes.subarray(header, end);
  }

  /** Where the contents begin, and how long they are. */
  #length(at: number): readonly [number, number] {
    const first = this.#bytes[at] ?? this.refuse();
    if (first < 0x80) return [at + 1, first];
    const count = first & 0x7f;
    if (count < 1 || count > 3) this.refuse();
    let length = 0;
    for (let i = 1; i <= count; i += 1) {
      length = length * 256 + (this.#bytes[at + i] ?? this.refuse());
    }
    if (length < 0x80 || length < 256 ** (count - 1)) this.refuse();
    return [at + 1 + count, length];
  }

  /** The next value, tag and length included. */
  whole(tag: number): Uint8Array {
    const start = this.#at;
    this.contents(tag);
    return this.#bytes.subarray(start, this.#at);
  }

  /** A reader of the contents of the next value. */
  inside(tag: number = TAG.sequence): DerReader {
    return new DerReader(this.contents(tag), this.#operand);
  }

  /** A non-negative INTEGER, without the spare byte in front. */
  integer(): Uint8Array {
    const body = this.contents(TAG.integer);
    const [first, second = 0] = body;
    if (first === undefined || first >= 0x80) this.refuse();
    if (first === 0 && body.length > 1 && second < 0x80) this.refuse();
    return first === 0 && body.length > 1 ? body.subarray(1) : body;
  }

  /** A non-negative INTEGER of at most `length` bytes, filled up to that. */
  fixedInteger(length: number): Uint8Array {
    const digits = this.integer();
    if (digits.length > length) this.refuse();
    const out = new Uint8Array(length);
    out.set(digits, length - digits.length);
    return out;
  }

  /** A non-negative INTEGER below 2^31. */
  smallInteger(): number {
    const digits = this.integer();
    if (digits.length > 4) this.refuse();
    const value = digits.reduce((sum, byte) => sum * 256 + byte, 0);
    return value < 2 ** 31 ? value : this.refuse();
  }

  /** A BIT STRING of whole bytes. */
  bits(tag: number = TAG.bitString): Uint8Array {
    const body = this.contents(tag);
    if (body[0] !== 0) this.refuse();
    return body.subarray(1);
  }

  boolean(): boolean {
    const [value, ...more] = this.contents(TAG.boolean);
    if (more.length > 0 || (value !== 0 && value !== 0xff)) this.refuse();
    return value === 0xff;
  }

  null(): void {
    if (this.contents(TAG.null).length > 0) this.refuse();
  }

  oid(): string {
    const body = this.contents(TAG.oid);
    const arcs: number[] = [];
    let arc = 0;
    body.forEach((byte, index) => {
      if (arc === 0 && byte === 0x80) this.refuse();
      arc = arc * 128 + (byte & 0x7f);
      if (arc > 2 ** 40 || (index === body.length - 1 && byte >= 0x80)) this.refuse();
      if (byte >= 0x80) return;
      arcs.push(arc);
      arc = 0;
    });
    const [first = this.refuse(), ...rest] = arcs;
    const top = Math.min(2, Math.floor(first / 40));
    return [top, first - 40 * top, ...rest].join(".");
  }

  expectOid(oid: string): void {
    if (this.oid() !== oid) this.refuse();
  }
}

/** Reads all of `bytes`. @throws {CryptoError} `crypto/bad-encoding`, also for bytes that are left over */
export function readDer<T>(bytes: Uint8Array, operand: string, read: (reader: DerReader) => T): T {
  const reader = new DerReader(bytes, operand);
  const value = read(reader);
  reader.end();
  return value;
}
