import { concatBytes, keccak256 } from "@ropenet/crypto";
import { b20, b32, type Codec, encode, u16, u32, u64, u256 } from "../../codec/codec.ts";
import { accountToB32 } from "../../identifiers.ts";

/** Which monotone counter of an asset: 1 out · 2 in · 3 refunded · 4 balance. */
export type CounterKind = 1 | 2 | 3 | 4;
export const COUNTER: {
  readonly out: 1;
  readonly in: 2;
  readonly refunded: 3;
  readonly balance: 4;
} = { out: 1, in: 2, refunded: 3, balance: 4 };

/** One static value as `abi.encode` pads it; out of range is refused. */
function word<T>(codec: Codec<T>, value: T): Uint8Array {
  return accountToB32(encode(codec, value));
}

/** Where Solidity keeps `mapping[key]` of the mapping declared at `slot`. */
function mappingSlot(slot: bigint, key: Uint8Array): Uint8Array {
  return keccak256(concatBytes(encode(b32, key), encode(u256, slot)));
}

function lanePosition(gateway: Uint8Array, lane: number, sequence: bigint): Uint8Array {
  return keccak256(concatBytes(encode(b32, gateway), word(u16, lane), word(u64, sequence)));
}

/** Slot 0: the packet hash that the gateway committed to. Source of all slots: docs/protocol.md §9, "EVM slots". */
export function commitmentSlot(
  destinationGateway: Uint8Array,
  lane: number,
  sequence: bigint,
): Uint8Array {
  return mappingSlot(0n, lanePosition(destinationGateway, lane, sequence));
}

/** Slot 1: the hash of the terminal receipt. */
export function receiptSlot(sourceGateway: Uint8Array, lane: number, sequence: bigint): Uint8Array {
  return mappingSlot(1n, lanePosition(sourceGateway, lane, sequence));
}

/** Slot 2: a counter of an asset in origin units. */
export function counterSlot(assetId: Uint8Array, which: CounterKind): Uint8Array {
  return mappingSlot(2n, keccak256(concatBytes(encode(b32, assetId), encode(u256, BigInt(which)))));
}

/** Slot 3: the lien on a title; zero when it is free. */
export function lienSlot(assetId: Uint8Array, tokenId: Uint8Array): Uint8Array {
  return mappingSlot(3n, keccak256(concatBytes(encode(b32, assetId), encode(b32, tokenId))));
}

/** Names one use on its strand; `useId` is the grantee's own choice. */
export interface UseName {
  readonly credentialId: Uint8Array;
  /** 20 bytes */
  readonly grantee: Uint8Array;
  readonly useId: Uint8Array;
}

/** Slot 4: the record of one use of a credential. */
export function useSlot({ credentialId, grantee, useId }: UseName): Uint8Array {
  const name = concatBytes(encode(b32, credentialId), word(b20, grantee), encode(b32, useId));
  return mappingSlot(4n, keccak256(name));
}

/** Slot 5: units of a credential used up, monotone. */
export function credentialUsedSlot(credentialId: Uint8Array): Uint8Array {
  return mappingSlot(5n, credentialId);
}

/** Slot 6: units of a credential left. */
export function credentialRemainingSlot(credentialId: Uint8Array): Uint8Array {
  return mappingSlot(6n, credentialId);
}

export interface Lien {
  /** 32 bytes; zero holder, amount and agreement together say that the title is free */
  readonly lienHolder: Uint8Array;
  readonly amount: bigint;
  readonly agreement: Uint8Array;
}

/** What the lien slot holds: zero for a free title, otherwise keccak256(abi.encode(lienHolder, amount, agreement)). */
export function lienValue(lien: Lien): Uint8Array {
  const fields = concatBytes(
    encode(b32, lien.lienHolder),
    encode(u256, lien.amount),
    encode(b32, lien.agreement),
  );
  return fields.every((byte) => byte === 0) ? new Uint8Array(32) : keccak256(fields);
}

export interface CredentialUse {
  readonly credentialId: Uint8Array;
  /** which use of the credential on its strand this is */
  readonly n: bigint;
  /** 20 bytes */
  readonly grantee: Uint8Array;
  readonly purpose: number;
  readonly queryDigest: Uint8Array;
  readonly atMs: bigint;
}

/** What the use slot holds: keccak256(abi.encode(credentialId, n, grantee, purpose, queryDigest, atMs)). */
export function useValue(use: CredentialUse): Uint8Array {
  return keccak256(
    concatBytes(
      encode(b32, use.credentialId),
      word(u64, use.n),
      word(b20, use.grantee),
      word(u32, use.purpose),
      encode(b32, use.queryDigest),
      word(u64, use.atMs),
    ),
  );
}
