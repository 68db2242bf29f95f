import {
  type BridgeKeys,
  b20,
  bridgeKeyOf,
  digest,
  equalBytes,
  SUITE_KECCAK,
  SUITE_SM,
  secp256k1,
  sm2,
  stateKey,
} from "@ropenet/protocol";
import { readRecord, type StateView, writeRecord } from "../../module.ts";

export interface ProvenBridgeKeys {
  readonly publicKey: Uint8Array;
  readonly ethereumAddress: Uint8Array;
  readonly ethereumProof: Uint8Array;
  readonly bridgePublicKey: Uint8Array;
  readonly bridgeProof: Uint8Array;
}

/** The suite whose key has not signed the consensus key that names it; undefined if both have. */
export function unprovenSuite(chainId: Uint8Array, keys: ProvenBridgeKeys): 1 | 2 | undefined {
  const { publicKey, ethereumAddress, ethereumProof, bridgePublicKey, bridgeProof } = keys;
  const signer = secp256k1.recoverAddress(
    digest(SUITE_KECCAK, "bridge-key", chainId, publicKey),
    ethereumProof,
  );
  if (!signer || !equalBytes(signer, ethereumAddress)) return SUITE_KECCAK;
  const message = digest(SUITE_SM, "bridge-key", chainId, publicKey);
  return sm2.verify(bridgeProof, message, bridgePublicKey) ? undefined : SUITE_SM;
}

type PublicBridgeKeys = Pick<BridgeKeys, "ethereumAddress" | "sm2PublicKey">;

function keysInOrder({
  ethereumAddress,
  sm2PublicKey,
}: PublicBridgeKeys): readonly (readonly [1 | 2, Uint8Array])[] {
  return [
    [SUITE_KECCAK, bridgeKeyOf(SUITE_KECCAK, ethereumAddress)],
    [SUITE_SM, bridgeKeyOf(SUITE_SM, sm2PublicKey)],
  ];
}

/** The first suite whose key is, or ever was, somebody's. */
export function takenSuite(state: StateView, keys: PublicBridgeKeys): 1 | 2 | undefined {
  return keysInOrder(keys).find(
    ([suite, key]) => readRecord(state, stateKey.bridgeKeyOwner(suite, key), b20) !== undefined,
  )?.[0];
}

/** For ever: a signature must name its signer as long as there is somebody to slash. */
export function ownBridgeKeys(
  state: StateView,
  keys: PublicBridgeKeys,
  validator: Uint8Array,
): void {
  for (const [suite, key] of keysInOrder(keys))
    writeRecord(state, stateKey.bridgeKeyOwner(suite, key), b20, validator);
}
