import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bigintToBytes,
  bytesToBigint,
  bytesToHex,
  compareBytes,
  concatBytes,
  copyBytes,
  equalBytes,
  equalSecretBytes,
  hexToBytes,
  utf8ToBytes,
} from "../src/index.ts";
import { codeOf } from "./coded.ts";

const bytes = () => fc.uint8Array({ maxLength: 80 });

describe("bytes", () => {
  test("hex goes there and back and is lower case, as Buffer has it", () => {
    fc.assert(
      fc.property(bytes(), (value) => {
        expect(bytesToHex(value)).toBe(Buffer.from(value).toString("hex"));
        expect(hexToBytes(bytesToHex(value).toUpperCase())).toEqual(value);
      }),
    );
  });

  test.each(["0", "0x00", "zz", " 00", "00\n", "é0"])("refuses %j as hex", (text) => {
    expect(codeOf(() => hexToBytes(text))).toBe("crypto/bad-encoding");
  });

  test("refuses a lone surrogate, which would encode as the replacement character", () => {
    expect(codeOf(() => utf8ToBytes("\ud800"))).toBe("crypto/bad-encoding");
    expect(utf8ToBytes("绳")).toEqual(Uint8Array.of(0xe7, 0xbb, 0xb3));
  });

  test("order and equality agree with Buffer", () => {
    fc.assert(
      fc.property(bytes(), bytes(), (left, right) => {
        expect(Math.sign(compareBytes(left, right))).toBe(Buffer.compare(left, right));
        expect(equalBytes(left, right)).toBe(Buffer.compare(left, right) === 0);
        expect(equalSecretBytes(left, right)).toBe(equalBytes(left, right));
        expect(equalSecretBytes(left, left.slice())).toBe(true);
        expect(concatBytes(left, right)).toEqual(Uint8Array.from([...left, ...right]));
      }),
    );
  });

  test("bigints go there and back in a fixed width, and nothing is cut off", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }), (value) => {
        expect(bytesToBigint(bigintToBytes(value, 32))).toBe(value);
      }),
    );
    expect(bytesToBigint(new Uint8Array(0))).toBe(0n);
    expect(bigintToBytes(0n, 0)).toEqual(new Uint8Array(0));
    expect(codeOf(() => bigintToBytes(256n, 1))).toBe("crypto/bad-range");
    expect(codeOf(() => bigintToBytes(-1n, 4))).toBe("crypto/bad-range");
  });
});

test("a copy of a Buffer is a copy", () => {
  const buffer = Buffer.from([1, 2, 3]);
  const copy = copyBytes(buffer);
  buffer[0] = 9;
  expect(copy).toEqual(Uint8Array.of(1, 2, 3));
});
