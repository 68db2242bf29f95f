import fc, { type Arbitrary } from "fast-check";
import type { Acknowledgement, Packet } from "../src/index.ts";

export const bytes = (length: number): Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
export const varBytes = (maxLength: number): Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
export const b20: Arbitrary<Uint8Array> = bytes(20);
export const b32: Arbitrary<Uint8Array> = bytes(32);
export const signature: Arbitrary<Uint8Array> = bytes(64);
export const publicKey: Arbitrary<Uint8Array> = bytes(65);

const number = (max: number): Arbitrary<number> =>
  fc.oneof(fc.constantFrom(0, max), fc.integer({ min: 0, max }));
const bigint = (max: bigint): Arbitrary<bigint> =>
  fc.oneof(fc.constantFrom(0n, max), fc.bigInt({ min: 0n, max }));
export const u8: Arbitrary<number> = number(0xff);
export const u16: Arbitrary<number> = number(0xffff);
export const u32: Arbitrary<number> = number(0xffff_ffff);
export const i8: Arbitrary<number> = fc.integer({ min: -128, max: 127 });
export const u64: Arbitrary<bigint> = bigint(2n ** 64n - 1n);
export const u128: Arbitrary<bigint> = bigint(2n ** 128n - 1n);
export const u256: Arbitrary<bigint> = bigint(2n ** 256n - 1n);

/** Well-formed text of at most `maxBytes` bytes, Chinese and surrogate pairs included. */
export const text = (maxBytes: number): Arbitrary<string> =>
  fc.string({ unit: "binary", maxLength: Math.floor(maxBytes / 4) });
export const list = <T>(item: Arbitrary<T>, maxLength = 4): Arbitrary<T[]> =>
  fc.array(item, { maxLength });
export const nodes: Arbitrary<Uint8Array[]> = list(varBytes(80), 5);

export const packet: Arbitrary<Packet> = fc.record({
  version: u8,
  kind: u8,
  lane: u16,
  sequence: u64,
  sourceGateway: b32,
  destinationGateway: b32,
  transferId: b32,
  sender: b32,
  recipient: b32,
  timeoutMs: u64,
  gasLimit: u32,
  payloadLength: u32,
  payloadHash: b32,
});

export const acknowledgement: Arbitrary<Acknowledgement> = fc.record({
  version: u8,
  status: u8,
  code: u16,
  lane: u16,
  sequence: u64,
  sourceGateway: b32,
  destinationGateway: b32,
  packetHash: b32,
  resultHash: b32,
  payee: b32,
  atMs: u64,
});
