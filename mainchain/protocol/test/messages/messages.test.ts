import fc, { type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Codec,
  decodeMessage,
  encodeMessage,
  MESSAGES,
  type MessageName,
} from "../../src/index.ts";
import { expectCanonical } from "../canonical.ts";
import { codeOf } from "../coded.ts";
import { bodies } from "./bodies.ts";

const names = Object.keys(MESSAGES) as MessageName[];

describe("messages", () => {
  test.each(names)("%s has one encoding for each body", (name) => {
    expectCanonical(MESSAGES[name].codec as Codec<object>, bodies[name] as Arbitrary<object>, {
      numRuns: 20,
    });
  });

  test("are told apart by their wire number", () => {
    const message = fc
      .constantFrom(...names)
      .chain((name) => (bodies[name] as Arbitrary<object>).map((body) => ({ name, body })));
    fc.assert(
      fc.property(message, ({ name, body }) => {
        const encoded = encodeMessage(name, body as never);
        expect(decodeMessage(encoded.type, encoded.message)).toEqual({ name, body });
      }),
    );
    expect(new Set(names.map((name) => MESSAGES[name].type)).size).toBe(names.length);
  });

  test("keep the numbers of their modules", () => {
    const modules = [
      "accounts",
      "identity",
      "chains",
      "packets",
      "transfers",
      "asset",
      "data-credential",
      "supervision",
      "checkpoints",
      "staking",
      "slashing",
      "governance",
      "control",
    ];
    for (const name of names) {
      expect(MESSAGES[name].type >> 8).toBe(modules.indexOf(name.split("/")[0] ?? "") + 1);
    }
  });

  test("of an unknown type are refused", () => {
    const known = new Set(names.map((name) => MESSAGES[name].type));
    for (const type of [0, 1, 0x0100, 0x0102, 0x0904, 0xffff]) {
      expect(known.has(type)).toBe(false);
      expect(codeOf(() => decodeMessage(type, new Uint8Array(0)))).toBe("codec/bad-tag");
    }
  });

  test("with trailing bytes are refused, a message without fields included", () => {
    const { type } = encodeMessage("checkpoints/request", {});
    expect(codeOf(() => decodeMessage(type, Uint8Array.of(0)))).toBe("codec/trailing-bytes");
  });

  test("with more proof nodes than a proof can use are refused", () => {
    const body = {
      gateway: new Uint8Array(32),
      height: 1n,
      accountProof: Array.from({ length: 41 }, () => Uint8Array.of(1)),
    };
    expect(codeOf(() => encodeMessage("packets/receive", { anchor: body, items: [] }))).toBe(
      "codec/too-long",
    );
  });
});
