import {
  accountToB32,
  concatBytes,
  hexToBytes,
  keccak256,
  type TrieNodes,
} from "@ropenet/protocol";
import { encodeRlp, getBytes, hexlify, type RlpStructuredDataish } from "ethers";

/** keccak-256 of the RLP of the empty string. */
export const EMPTY_TRIE_ROOT: Uint8Array = keccak256(Uint8Array.of(0x80));

function rlp(item: RlpStructuredDataish): Uint8Array {
  return getBytes(encodeRlp(item));
}

/** The RLP string of `bytes`, leading zeros and all. */
export function rlpString(bytes: Uint8Array): Uint8Array {
  return rlp(hexlify(bytes));
}

/** Root and proof of the trie that holds one entry: one leaf with the whole path in it. */
function oneLeaf(key: Uint8Array, value: Uint8Array): { root: Uint8Array; proof: TrieNodes } {
  const path = concatBytes(Uint8Array.of(0x20), keccak256(key));
  const node = rlp([hexlify(path), hexlify(value)]);
  return { root: keccak256(node), proof: [node] };
}

export interface ForgedState {
  readonly stateRoot: Uint8Array;
  readonly accountProof: TrieNodes;
  /** of the one slot that is set; empty if none is */
  readonly storageProof: TrieNodes;
}

const trimmed = (word: Uint8Array): Uint8Array => {
  const first = word.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array(0) : word.slice(first);
};

/**
 * The whole state of a strand that lies: one account, at most one storage slot. What only its attestors can bring
 * about, and what the rope must survive all the same.
 * @param slot `value` is a 32-byte word, or `raw` the leaf's very bytes
 */
export function forgeState(
  gatewayAddress: Uint8Array,
  codeHash: Uint8Array,
  slot?: { readonly key: Uint8Array } & (
    | { readonly value: Uint8Array }
    | { readonly raw: Uint8Array }
  ),
): ForgedState {
  const content = slot && ("raw" in slot ? slot.raw : rlpString(trimmed(slot.value)));
  const storage =
    slot && content ? oneLeaf(slot.key, content) : { root: EMPTY_TRIE_ROOT, proof: [] };
  const account = rlp(["0x01", "0x", hexlify(storage.root), hexlify(codeHash)]);
  const { root, proof } = oneLeaf(gatewayAddress, account);
  return { stateRoot: root, accountProof: proof, storageProof: storage.proof };
}

export const hexToAddress = (address: string): Uint8Array =>
  hexToBytes(address.slice(2).toLowerCase());
export const addressToB32 = (address: string): Uint8Array => accountToB32(hexToAddress(address));
