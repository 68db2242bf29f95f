import { CodecError, decode, encode, sortValidators, type VoteType } from "@ropenet/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Input, inputCodec } from "../src/index.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const height = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const round = fc.nat(2 ** 32 - 1);

const validator = fc.record({
  address: bytes(20),
  publicKey: bytes(65),
  power: height,
  entity: bytes(32),
});

const inputArbitrary: fc.Arbitrary<Input> = fc.oneof(
  fc.record({
    kind: fc.constant("startHeight" as const),
    height,
    chainId: bytes(32),
    validators: fc.array(validator, { maxLength: 4 }).map(sortValidators),
    self: fc.option(bytes(20)),
  }),
  fc.record({ kind: fc.constant("startRound" as const), height, round }),
  fc.record({
    kind: fc.constant("proposal" as const),
    proposal: fc.record({
      height,
      round,
      polRound: fc.integer({ min: -1, max: 2 ** 31 }),
      blockId: bytes(32),
      proposer: bytes(20),
      signature: bytes(64),
    }),
  }),
  fc.record({
    kind: fc.constant("vote" as const),
    vote: fc.record({
      type: fc.constantFrom<VoteType>(1, 2),
      height,
      round,
      blockId: bytes(32),
      validator: bytes(20),
      signature: bytes(64),
    }),
  }),
  fc.record({
    kind: fc.constant("timeout" as const),
    timeout: fc.record({
      kind: fc.constantFrom("propose" as const, "prevote" as const, "precommit" as const),
      height,
      round,
    }),
  }),
  fc.record({
    kind: fc.constant("blockValidated" as const),
    height,
    blockId: bytes(32),
    valid: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("valueBuilt" as const), height, round, blockId: bytes(32) }),
);

describe("inputCodec", () => {
  it("gives back every input, and the same bytes for it", () => {
    fc.assert(
      fc.property(inputArbitrary, (input) => {
        const record = encode(inputCodec, input);
        expect(decode(inputCodec, record)).toEqual(input);
        expect(encode(inputCodec, decode(inputCodec, record))).toEqual(record);
      }),
    );
  });

  it("refuses a truncated or lengthened record", () => {
    fc.assert(
      fc.property(inputArbitrary, (input) => {
        const record = encode(inputCodec, input);
        expect(() => decode(inputCodec, record.subarray(0, -1))).toThrow(CodecError);
        expect(() => decode(inputCodec, Uint8Array.of(...record, 0))).toThrow(CodecError);
      }),
    );
  });

  it("refuses tags that no kind has", () => {
    for (const tag of [0, 8, 255]) {
      expect(() => decode(inputCodec, Uint8Array.of(tag))).toThrow(/codec\/bad-tag/);
    }
  });

  it("keeps the tags that are on disk", () => {
    const tag = (input: Input) => encode(inputCodec, input)[0];
    const blockId = new Uint8Array(32);
    expect(tag({ kind: "startRound", height: 1n, round: 0 })).toBe(2);
    expect(tag({ kind: "timeout", timeout: { kind: "prevote", height: 1n, round: 0 } })).toBe(5);
    expect(tag({ kind: "blockValidated", height: 1n, blockId, valid: true })).toBe(6);
    expect(tag({ kind: "valueBuilt", height: 1n, round: 0, blockId })).toBe(7);
  });
});
