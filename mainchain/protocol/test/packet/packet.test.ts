import { bytesToHex } from "@ropenet/crypto";
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AssetPayload,
  ackHash,
  acknowledgementCodec,
  assetPayloadCodec,
  type ControlPayload,
  type CredentialPayload,
  controlPayloadCodec,
  credentialPayloadCodec,
  decode,
  decodePacket,
  encode,
  FAILURE_CODES,
  failureCode,
  isOrderedLane,
  LANE_CONTROL,
  LANE_DEFAULT,
  PACKET_BYTES,
  type Packet,
  packetCodec,
  packetHash,
  payloadHash,
} from "../../src/index.ts";
import * as arbitrary from "../arbitraries.ts";
import { expectCanonical } from "../canonical.ts";
import { codeOf } from "../coded.ts";

const { b32, u8, u32, u64 } = arbitrary;

const assetPayload: Arbitrary<AssetPayload> = fc.record({
  assetId: b32,
  tokenId: b32,
  amount: arbitrary.u128,
  finalGateway: b32,
  finalRecipient: b32,
  finalTimeoutMs: u64,
  finalGasLimit: u32,
  obligationId: b32,
  memo: arbitrary.varBytes(256),
});
const credentialPayload: Arbitrary<CredentialPayload> = fc.record({
  action: u8,
  credentialId: b32,
  quota: u64,
  leaseUntilMs: u64,
  scalar: u64,
  finalGateway: b32,
  finalGrantee: b32,
  homeGateway: b32,
  purpose: u32,
  classification: u8,
  expiryMs: u64,
  revokedAtMs: u64,
  policyHash: b32,
});
const controlPayload: Arbitrary<ControlPayload> = fc.oneof(
  fc.record({ action: fc.constantFrom<2 | 3>(2, 3), assetId: b32 }),
  fc.record({
    action: fc.constant<1>(1),
    assetId: b32,
    assetClass: u8,
    mode: u8,
    localId: b32,
    originGateway: b32,
    decimals: u8,
    scale: arbitrary.i8,
    name: arbitrary.text(64),
    symbol: arbitrary.text(16),
  }),
);

const sample = <T>(values: Arbitrary<T>): T => fc.sample(values, { seed: 7, numRuns: 1 })[0] as T;

/** Every way to change exactly one field of a record. */
function variations<T extends object>(record: T): readonly T[] {
  return Object.entries(record).map(([name, value]) => {
    if (value instanceof Uint8Array) {
      const changed = value.slice();
      changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
      return { ...record, [name]: changed };
    }
    return { ...record, [name]: typeof value === "bigint" ? value ^ 1n : (value ^ 1) >>> 0 };
  });
}

describe("packets and acknowledgements", () => {
  test("have one encoding each, of the length that the protocol states", () => {
    expectCanonical(packetCodec, arbitrary.packet);
    expectCanonical(acknowledgementCodec, arbitrary.acknowledgement);
    expect(encode(packetCodec, sample(arbitrary.packet)).length).toBe(PACKET_BYTES);
    expect(encode(acknowledgementCodec, sample(arbitrary.acknowledgement)).length).toBe(182);
  });

  test("change their hash with every field and with the suite", () => {
    const packet = sample(arbitrary.packet);
    const ack = sample(arbitrary.acknowledgement);
    const hashes = [packet, ...variations(packet)].flatMap((one: Packet) => [
      packetHash(1, one),
      packetHash(2, one),
    ]);
    const ackHashes = [ack, ...variations(ack)].flatMap((one) => [
      ackHash(1, one),
      ackHash(2, one),
    ]);
    const all = [...hashes, ...ackHashes].map(bytesToHex);
    expect(all.length).toBe(2 * (14 + 12));
    expect(new Set(all).size).toBe(all.length);
  });

  test("are refused one byte short and one byte long", () => {
    const encoded = encode(packetCodec, sample(arbitrary.packet));
    expect(codeOf(() => decodePacket(encoded.slice(1)))).toBe("codec/truncated");
    expect(codeOf(() => decodePacket(Uint8Array.from([...encoded, 0])))).toBe(
      "codec/trailing-bytes",
    );
  });

  test("know ordered lanes by the top bit", () => {
    expect(isOrderedLane(LANE_CONTROL)).toBe(true);
    expect(isOrderedLane(LANE_DEFAULT)).toBe(false);
    expect(isOrderedLane(0x7fff)).toBe(false);
  });
});

describe("payloads", () => {
  test("have one encoding each", () => {
    expectCanonical(assetPayloadCodec, assetPayload);
    expectCanonical(credentialPayloadCodec, credentialPayload);
    expectCanonical(controlPayloadCodec, controlPayload, { numRuns: 60 });
  });

  test("of a credential are 206 bytes", () => {
    expect(encode(credentialPayloadCodec, sample(credentialPayload)).length).toBe(206);
  });

  test("refuse a memo above 256 bytes and an unknown control action", () => {
    const payload = { ...sample(assetPayload), memo: new Uint8Array(257) };
    expect(codeOf(() => encode(assetPayloadCodec, payload))).toBe("codec/too-long");
    for (const action of [0, 4, 255]) {
      const bytes = Uint8Array.of(action, ...new Uint8Array(32));
      expect(codeOf(() => decode(controlPayloadCodec, bytes))).toBe("codec/bad-tag");
    }
  });

  test("hash differently in each suite and from a packet of the same bytes", () => {
    const bytes = encode(packetCodec, sample(arbitrary.packet));
    const hashes = [
      payloadHash(1, bytes),
      payloadHash(2, bytes),
      packetHash(1, decodePacket(bytes)),
      packetHash(2, decodePacket(bytes)),
    ];
    expect(new Set(hashes.map(bytesToHex)).size).toBe(4);
  });
});

describe("failure codes", () => {
  test("keep the numbers that are on the wire", () => {
    expect(failureCode("none")).toBe(0);
    expect(failureCode("inexact-amount")).toBe(3);
    expect(failureCode("insufficient-escrow")).toBe(14);
    expect(failureCode("bad-action")).toBe(17);
    expect(FAILURE_CODES.length).toBe(18);
    expect(() => failureCode("no such failure")).toThrow();
  });
});
