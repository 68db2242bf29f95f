import { concatBytes, sm3, utf8ToBytes } from "@ropenet/crypto";
import { bech32m } from "@scure/base";
import { b32, type Codec, CodecError, encode, struct, u16, u32 } from "./codec/codec.ts";
import { digest, SUITE_SM, ZERO_32 } from "./hash.ts";

/** 0 rope, 1 EVM, 2 Substrate, 3 Fabric. */
export type ChainKind = 0 | 1 | 2 | 3;

export const CHAIN_KIND: {
  readonly rope: 0;
  readonly evm: 1;
  readonly substrate: 2;
  readonly fabric: 3;
} = { rope: 0, evm: 1, substrate: 2, fabric: 3 };

/** 32 bytes. */
export function ropeChainId(chainName: string): Uint8Array {
  return digest(SUITE_SM, "chain-id", utf8ToBytes(chainName));
}

export interface GatewayIdentity {
  readonly ropeChainId: Uint8Array;
  readonly kind: number;
  readonly strandGenesisHash: Uint8Array;
  /** 32 bytes; an EVM address is left-padded with zeros. */
  readonly gatewayAddress: Uint8Array;
  readonly deployment: number;
}

const gatewayIdentityCodec: Codec<GatewayIdentity> = struct<GatewayIdentity>({
  ropeChainId: b32,
  kind: u16,
  strandGenesisHash: b32,
  gatewayAddress: b32,
  deployment: u32,
});

/** 32 bytes that no redeployment can repeat. Source: docs/protocol.md §1. */
export function gatewayUid(identity: GatewayIdentity): Uint8Array {
  return digest(SUITE_SM, "gateway", encode(gatewayIdentityCodec, identity));
}

/** The uid of the rope's own gateway module. */
export function ropeGatewayUid(chainId: Uint8Array): Uint8Array {
  return gatewayUid({
    ropeChainId: chainId,
    kind: CHAIN_KIND.rope,
    strandGenesisHash: chainId,
    gatewayAddress: ZERO_32,
    deployment: 0,
  });
}

/** Address = last 20 bytes of SM3(public key, 65 bytes). */
export function addressOf(publicKey: Uint8Array): Uint8Array {
  return sm3(publicKey).slice(12);
}

/** 20 bytes → 32, left-padded: how every account travels in a packet. */
export function accountToB32(address: Uint8Array): Uint8Array {
  if (address.length > 32) {
    throw new CodecError({
      code: "codec/too-long",
      field: "address",
      length: address.length,
      limit: 32,
    });
  }
  return concatBytes(new Uint8Array(32 - address.length), address);
}

/** The 20-byte address in a left-padded b32, or undefined if it is not 32 bytes with zero padding. */
export function b32ToAccount(padded: Uint8Array): Uint8Array | undefined {
  if (padded.length !== 32) return undefined;
  for (let index = 0; index < 12; index += 1) if (padded[index] !== 0) return undefined;
  return padded.slice(12);
}

const PREFIX = "rope";

/** bech32m, `rope1…`. */
export function formatAddress(address: Uint8Array): string {
  return bech32m.encode(PREFIX, bech32m.toWords(address));
}

/** @throws {CodecError} unless `value` is the lower-case bech32m of 20 bytes */
export function parseAddress(value: string): Uint8Array {
  const parsed =
    value.startsWith(`${PREFIX}1`) && value === value.toLowerCase()
      ? bech32m.decodeUnsafe(value)
      : undefined;
  const bytes = parsed && bech32m.fromWordsUnsafe(parsed.words);
  if (bytes?.length !== 20 || parsed?.prefix !== PREFIX) {
    throw new CodecError({ code: "codec/not-canonical", field: "address" });
  }
  return Uint8Array.from(bytes);
}

/** assetId = SM3-D(asset, originGateway ‖ class ‖ nativeId). */
export function assetIdOf(
  originGateway: Uint8Array,
  assetClass: number,
  nativeId: Uint8Array,
): Uint8Array {
  return digest(SUITE_SM, "asset", originGateway, Uint8Array.of(assetClass), nativeId);
}
