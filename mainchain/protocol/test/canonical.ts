import { equalBytes } from "@ropenet/crypto";
import fc, { type Arbitrary } from "fast-check";
import { expect } from "vitest";
import { type Codec, CodecError, decode, encode } from "../src/index.ts";

function decodedOrRefused<T>(
  codec: Codec<T>,
  bytes: Uint8Array,
): { readonly value: T } | undefined {
  try {
    return { value: decode(codec, bytes) };
  } catch (error) {
    expect(error).toBeInstanceOf(CodecError);
    return undefined;
  }
}

/**
 * One value, one byte string: values round-trip; no prefix and no extension of an encoding is one;
 * whatever bytes a decoder accepts are the ones that the encoder writes.
 */
export function expectCanonical<T>(
  codec: Codec<T>,
  values: Arbitrary<T>,
  { numRuns = 30 }: { readonly numRuns?: number } = {},
): void {
  const cuts = fc.array(fc.record({ at: fc.nat(), bits: fc.integer({ min: 1, max: 255 }) }), {
    minLength: 8,
    maxLength: 8,
  });
  fc.assert(
    fc.property(values, cuts, (value, changes) => {
      const encoded = encode(codec, value);
      expect(decode(codec, encoded)).toEqual(value);
      expect(decodedOrRefused(codec, Uint8Array.from([...encoded, 0]))).toBeUndefined();
      for (const { at, bits } of encoded.length > 0 ? changes : []) {
        const place = at % encoded.length;
        expect(decodedOrRefused(codec, encoded.slice(0, place))).toBeUndefined();
        const changed = encoded.slice();
        changed[place] = (changed[place] ?? 0) ^ bits;
        const other = decodedOrRefused(codec, changed);
        if (other) expect(equalBytes(encode(codec, other.value), changed)).toBe(true);
      }
    }),
    { numRuns },
  );
}
