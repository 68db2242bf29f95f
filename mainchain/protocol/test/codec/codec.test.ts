import fc, { type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bool,
  type Codec,
  choice,
  decode,
  encode,
  fixedBytes,
  i8,
  list,
  optional,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  u128,
  u256,
  utf8ToBytes,
  varBytes,
} from "../../src/index.ts";
import * as arbitrary from "../arbitraries.ts";
import { expectCanonical } from "../canonical.ts";
import { codeOf } from "../coded.ts";

interface Pair {
  readonly count: number;
  readonly items: readonly (string | null)[];
}
const pair: Codec<Pair> = struct<Pair>({ count: u16, items: list(optional(text(20)), 6, u8) });
const row = <T>(name: string, codec: Codec<T>, values: Arbitrary<T>) => ({
  name,
  check: () => expectCanonical(codec, values, { numRuns: 100 }),
});

describe("codecs", () => {
  test.each([
    row("u8", u8, arbitrary.u8),
    row("u16", u16, arbitrary.u16),
    row("u32", u32, arbitrary.u32),
    row("u64", u64, arbitrary.u64),
    row("u128", u128, arbitrary.u128),
    row("u256", u256, arbitrary.u256),
    row("i8", i8, arbitrary.i8),
    row("bool", bool, fc.boolean()),
    row("fixedBytes", fixedBytes(7), arbitrary.bytes(7)),
    row("varBytes", varBytes(20, u8), arbitrary.varBytes(20)),
    row("text", text(40), arbitrary.text(40)),
    row("list", list(u16, 9), arbitrary.list(arbitrary.u16, 9)),
    row("optional", optional(u32), fc.option(arbitrary.u32)),
    row("choice", choice<number>(1, 2, 200), fc.constantFrom(1, 2, 200)),
    row(
      "struct",
      pair,
      fc.record({
        count: arbitrary.u16,
        items: arbitrary.list(fc.option(arbitrary.text(20)), 6),
      }),
    ),
  ])("$name has one byte string for each value", ({ check }) => {
    check();
  });

  test("are big-endian and of fixed width", () => {
    expect(encode(u32, 0x0102_0304)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(encode(u64, 1n)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1));
    expect(encode(u128, 2n ** 127n)[0]).toBe(0x80);
    expect(encode(i8, -12)).toEqual(Uint8Array.of(0xf4));
    expect(encode(pair, { count: 1, items: [null, "绳"] })).toEqual(
      Uint8Array.of(0, 1, 2, 0, 1, 0, 3, ...utf8ToBytes("绳")),
    );
  });

  test.each<readonly [string, () => unknown]>([
    ["256 as u8", () => encode(u8, 256)],
    ["−1 as u8", () => encode(u8, -1)],
    ["a fraction", () => encode(u16, 1.5)],
    ["not a number", () => encode(u32, Number.NaN)],
    ["2^32 as u32", () => encode(u32, 2 ** 32)],
    ["2^64 as u64", () => encode(u64, 2n ** 64n)],
    ["−1 as u64", () => encode(u64, -1n)],
    ["2^128 as u128", () => encode(u128, 2n ** 128n)],
    ["2^256 as u256", () => encode(u256, 2n ** 256n)],
    ["a number as u64", () => encode(u64, 1 as unknown as bigint)],
    ["128 as i8", () => encode(i8, 128)],
    ["−129 as i8", () => encode(i8, -129)],
    ["six bytes for seven", () => encode(fixedBytes(7), new Uint8Array(6))],
  ])("refuse to write %s", (_name, attempt) => {
    expect(codeOf(attempt)).toBe("codec/out-of-range");
  });

  test("refuse what is longer than its limit, when writing and when reading", () => {
    expect(codeOf(() => encode(varBytes(3, u8), new Uint8Array(4)))).toBe("codec/too-long");
    expect(codeOf(() => decode(varBytes(3, u8), Uint8Array.of(4, 1, 1, 1, 1)))).toBe(
      "codec/too-long",
    );
    expect(codeOf(() => encode(list(u8, 2), [1, 2, 3]))).toBe("codec/too-long");
    expect(codeOf(() => decode(list(u8, 2), Uint8Array.of(0, 3, 1, 2, 3)))).toBe("codec/too-long");
    expect(codeOf(() => encode(text(5), "绳网"))).toBe("codec/too-long");
  });

  test("refuse a flag other than 0 and 1, an unknown choice, and ill-formed text", () => {
    expect(codeOf(() => decode(bool, Uint8Array.of(2)))).toBe("codec/not-canonical");
    expect(codeOf(() => decode(optional(u8), Uint8Array.of(2, 1)))).toBe("codec/not-canonical");
    expect(codeOf(() => decode(choice<1 | 2>(1, 2), Uint8Array.of(3)))).toBe("codec/bad-tag");
    expect(codeOf(() => encode(choice<number>(1, 2), 3))).toBe("codec/bad-tag");
    expect(codeOf(() => encode(text(9), "\ud800"))).toBe("codec/not-canonical");
    // An overlong slash, a lone surrogate, a cut sequence: three second spellings of text.
    for (const bad of [
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xe7, 0xbb],
    ]) {
      const encoded = Uint8Array.of(0, bad.length, ...bad);
      expect(codeOf(() => decode(text(9), encoded))).toBe("codec/not-canonical");
    }
  });

  test("keep a byte order mark, which is a character like any other", () => {
    expect(decode(text(9), encode(text(9), "\ufeffa"))).toBe("\ufeffa");
  });

  test("refuse a count that promises more than there is, without allocating for it", () => {
    const claim = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
    expect(codeOf(() => decode(list(u64, 2 ** 32 - 1, u32), claim))).toBe("codec/truncated");
    expect(codeOf(() => decode(varBytes(2 ** 32 - 1), claim))).toBe("codec/truncated");
  });

  test("return bytes that do not alias the input", () => {
    const input = Uint8Array.of(1, 2, 3);
    const value = decode(fixedBytes(3), input);
    input[0] = 9;
    expect(value).toEqual(Uint8Array.of(1, 2, 3));
  });

  test("read from the middle of a larger buffer", () => {
    const frame = Uint8Array.of(9, 9, 0, 7, 9);
    expect(decode(u16, frame.subarray(2, 4))).toBe(7);
  });
});
