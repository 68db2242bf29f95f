import type { Arbitrary } from "fast-check";
import type { Codec } from "../../src/index.ts";

/** A record's codec and random values of it. */
export type RecordRow = readonly [Codec<unknown>, Arbitrary<unknown>];

export const row = <T>(codec: Codec<T>, values: Arbitrary<T>): RecordRow => [
  codec as Codec<unknown>,
  values,
];
