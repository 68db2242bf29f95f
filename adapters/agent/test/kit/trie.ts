import { bytesToHex, concatBytes, hexToBytes, keccak256 } from "@ropenet/protocol";

type RlpItem = Uint8Array | readonly RlpItem[];

function prefix(base: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(base + length);
  const digits = length.toString(16);
  const bytes = hexToBytes(digits.length % 2 === 0 ? digits : `0${digits}`);
  return concatBytes(Uint8Array.of(base + 55 + bytes.length), bytes);
}

export function rlp(item: RlpItem): Uint8Array {
  if (!(item instanceof Uint8Array)) {
    const body = concatBytes(...item.map(rlp));
    return concatBytes(prefix(0xc0, body.length), body);
  }
  if (item.length === 1 && (item[0] ?? 0x80) < 0x80) return item;
  return concatBytes(prefix(0x80, item.length), item);
}

/** A Merkle-Patricia trie with one entry is one leaf under the whole hashed key. */
export function singleEntryTrie(
  key: Uint8Array,
  value: Uint8Array,
): { readonly root: Uint8Array; readonly proof: readonly Uint8Array[] } {
  const leaf = rlp([hexToBytes(`20${bytesToHex(keccak256(key))}`), value]);
  return { root: keccak256(leaf), proof: [leaf] };
}
