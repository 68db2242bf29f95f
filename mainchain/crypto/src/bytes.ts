import { CryptoError, expectBytes, expectText } from "./crypto-error.ts";

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) {
    expectBytes(part, "part");
    length += part.length;
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A copy that nobody else has. Not `bytes.slice()`: of a Buffer that is a view of the same memory. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  expectBytes(bytes, "bytes");
  return new Uint8Array(bytes);
}

/** For public data: stops at the first difference. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  expectBytes(left, "left");
  expectBytes(right, "right");
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}

/** For tags and other secrets: looks at every byte whatever it finds. Lengths are public. */
export function equalSecretBytes(left: Uint8Array, right: Uint8Array): boolean {
  expectBytes(left, "left");
  expectBytes(right, "right");
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index += 1) {
    difference |= (left[index] ?? 0) ^ (right[index] ?? 0);
  }
  return difference === 0;
}

/** Lexicographic by unsigned byte, a prefix before what it begins: the order of all hashed lists. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  expectBytes(left, "left");
  expectBytes(right, "right");
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

const encoder = new TextEncoder();

/** @throws {CryptoError} `crypto/bad-encoding` for a lone surrogate, which would encode as U+FFFD */
export function utf8ToBytes(text: string): Uint8Array {
  expectText(text, "text");
  if (!text.isWellFormed()) throw new CryptoError({ code: "crypto/bad-encoding", operand: "utf8" });
  return encoder.encode(text);
}

const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** Lower case, no prefix. */
export function bytesToHex(bytes: Uint8Array): string {
  expectBytes(bytes, "bytes");
  let hex = "";
  for (const byte of bytes) hex += HEX_OF_BYTE[byte];
  return hex;
}

/**
 * Either case, no `0x`.
 * @throws {CryptoError} `crypto/bad-encoding` unless `hex` is an even number of hex digits
 */
export function hexToBytes(hex: string): Uint8Array {
  expectText(hex, "hex");
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) {
    throw new CryptoError({ code: "crypto/bad-encoding", operand: "hex" });
  }
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16);
  }
  return bytes;
}

/** Big-endian, unsigned; no bytes are 0. */
export function bytesToBigint(bytes: Uint8Array): bigint {
  expectBytes(bytes, "bytes");
  return bytes.length === 0 ? 0n : BigInt(`0x${bytesToHex(bytes)}`);
}

const LONGEST_NUMBER = 65_536;

/**
 * Big-endian, unsigned, exactly `length` bytes.
 * @param length at most 65,536
 * @throws {CryptoError} `crypto/bad-range` if the value is negative or does not fit; `crypto/bad-type`
 */
export function bigintToBytes(value: bigint, length: number): Uint8Array {
  if (typeof value !== "bigint") {
    throw new CryptoError({ code: "crypto/bad-type", operand: "value", expected: "bigint" });
  }
  if (!Number.isInteger(length) || length < 0 || length > LONGEST_NUMBER) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "length" });
  }
  if (value < 0n || value >> BigInt(8 * length) !== 0n) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "value" });
  }
  return length === 0
    ? new Uint8Array(0)
    : hexToBytes(value.toString(16).padStart(2 * length, "0"));
}
