import { compareBytes, pathOf } from "@ropenet/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entriesOf, MAX_PIECE_BYTES, piecesOf } from "../../src/snapshot/pieces.ts";

type Entry = readonly [Uint8Array, Uint8Array];
const sorted = (keys: readonly Uint8Array[], valueBytes: number): Entry[] =>
  keys
    .map((key): Entry => [key, new Uint8Array(valueBytes).fill(key[0] ?? 0)])
    .toSorted(([one], [other]) => compareBytes(pathOf(one), pathOf(other)));
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => Uint8Array.of(index >> 8, index & 255));
const code = (name: string) => expect.objectContaining({ code: name });

describe("the division of a state into pieces", () => {
  it("gives back what went in, in pieces of at most a MiB", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 40 }), { selector: String }),
        fc.nat({ max: 5_000 }),
        (keys, valueBytes) => {
          const entries = sorted(keys, valueBytes);
          const pieces = [...piecesOf(entries)];
          expect(pieces.every(({ length }) => length <= MAX_PIECE_BYTES)).toBe(true);
          expect([...entriesOf(pieces)]).toEqual(entries);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("keeps an entry that is longer alone", () => {
    const entries = sorted(numbered(3), MAX_PIECE_BYTES);
    const pieces = [...piecesOf(entries)];
    expect(pieces).toHaveLength(3);
    const lengths = [...entriesOf(pieces)].map(([, value]) => value.length);
    expect(lengths).toEqual(entries.map(() => MAX_PIECE_BYTES));
  });

  it("has no other form: order, number and fullness of pieces are fixed", () => {
    const pieces = [...piecesOf(sorted(numbered(300), 10_000))];
    expect(pieces).toHaveLength(3);
    const [first, second, third] = pieces as [Uint8Array, Uint8Array, Uint8Array];
    const read = (changed: readonly Uint8Array[]) => () => [...entriesOf(changed)];
    expect(read([second, first, third])).toThrow(code("snapshot/out-of-order"));
    expect(read([first, first, second])).toThrow(code("snapshot/out-of-order"));
    expect(read([first, third, new Uint8Array(0)])).toThrow(code("snapshot/not-canonical"));
    expect(read([first.slice(0, -1), second])).toThrow(code("snapshot/not-canonical"));
    const small = [...piecesOf(sorted(numbered(4), 10))][0] as Uint8Array;
    const half = small.length / 2;
    expect(read([small.slice(0, half), small.slice(half)])).toThrow(code("snapshot/not-canonical"));
  });
});
