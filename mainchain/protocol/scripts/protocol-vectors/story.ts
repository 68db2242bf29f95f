import { keccak256, secp256k1, sm2, sm3, utf8ToBytes } from "@ropenet/crypto";
import {
  accountToB32,
  assetIdOf,
  CHAIN_KIND,
  type GatewayIdentity,
  gatewayUid,
  ropeChainId,
  ropeGatewayUid,
} from "../../src/index.ts";

/** 32 bytes that nobody can have chosen: the digest of a name. */
export const named = (name: string): Uint8Array => sm3(utf8ToBytes(`ropenet vectors ${name}`));

const addressNamed = (name: string): Uint8Array => keccak256(utf8ToBytes(name)).slice(12);

export const chainName = "rope-vectors-1";
export const chainId: Uint8Array = ropeChainId(chainName);
export const rope: Uint8Array = ropeGatewayUid(chainId);

export const identities: readonly GatewayIdentity[] = [
  { kind: CHAIN_KIND.evm, deployment: 1, name: "alpha" },
  { kind: CHAIN_KIND.evm, deployment: 2, name: "alpha" },
  { kind: CHAIN_KIND.evm, deployment: 1, name: "beta" },
  { kind: CHAIN_KIND.substrate, deployment: 1, name: "gamma" },
  { kind: CHAIN_KIND.fabric, deployment: 65_536, name: "delta" },
].map(({ kind, deployment, name }) => ({
  ropeChainId: chainId,
  kind,
  strandGenesisHash: named(`genesis of ${name}`),
  gatewayAddress: accountToB32(addressNamed(`gateway on ${name}`)),
  deployment,
}));

const uids = identities.map(gatewayUid);
const uidAt = (index: number): Uint8Array => uids[index] ?? named("no such gateway");

/** The strand whose gateway receives; its outbox on the rope holds the story's leaves. */
export const strand: Uint8Array = uidAt(0);
/** The strand of the other leg. */
export const farStrand: Uint8Array = uidAt(2);

export const alice: Uint8Array = accountToB32(addressNamed("alice"));
export const bob: Uint8Array = accountToB32(addressNamed("bob"));
export const relayer: Uint8Array = accountToB32(addressNamed("relayer"));

export const assets: readonly {
  readonly originGateway: Uint8Array;
  readonly assetClass: number;
  readonly nativeId: Uint8Array;
  readonly assetId: Uint8Array;
}[] = [
  { originGateway: strand, assetClass: 1, nativeId: accountToB32(addressNamed("token")) },
  { originGateway: farStrand, assetClass: 2, nativeId: accountToB32(addressNamed("title")) },
  { originGateway: rope, assetClass: 1, nativeId: named("native asset of the rope") },
].map((asset) => ({
  ...asset,
  assetId: assetIdOf(asset.originGateway, asset.assetClass, asset.nativeId),
}));

export const assetIdAt = (index: number): Uint8Array => assets[index]?.assetId ?? named("none");

export const timeMs = 1_767_225_600_000n;

/** Test keys that everyone knows; they guard nothing. */
export interface TestKey {
  readonly testSecretKey: Uint8Array;
  /** what a signature is checked with: 20-byte address, or 65-byte SM2 public key */
  readonly verifier: Uint8Array;
}

export const keccakKeys: readonly TestKey[] = [1, 2, 3, 4, 5].map((index) => {
  const testSecretKey = keccak256(utf8ToBytes(`ropenet vectors secp256k1 key ${index}`));
  return { testSecretKey, verifier: secp256k1.getAddress(testSecretKey) };
});

export const smKeys: readonly TestKey[] = [1, 2, 3, 4, 5].map((index) => {
  const testSecretKey = named(`sm2 key ${index}`);
  return { testSecretKey, verifier: sm2.getPublicKey(testSecretKey) };
});
