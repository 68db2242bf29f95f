import { bytesToHex, compareBytes, concatBytes, hexToBytes, keccak256 } from "@ropenet/protocol";

export type RlpItem = Uint8Array | readonly RlpItem[];

function lengthPrefix(base: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(base + length);
  const digits = length.toString(16);
  const bytes = hexToBytes(digits.length % 2 === 0 ? digits : `0${digits}`);
  return concatBytes(Uint8Array.of(base + 55 + bytes.length), bytes);
}

/** Recursive length prefix. Source: Ethereum Yellow Paper, appendix B. */
export function rlp(item: RlpItem): Uint8Array {
  if (item instanceof Uint8Array) {
    const [only] = item;
    if (item.length === 1 && only !== undefined && only < 0x80) return item;
    return concatBytes(lengthPrefix(0x80, item.length), item);
  }
  const body = concatBytes(...item.map(rlp));
  return concatBytes(lengthPrefix(0xc0, body.length), body);
}

/** keccak-256 of the RLP of the empty string. */
export const EMPTY_TRIE_ROOT: Uint8Array = keccak256(Uint8Array.of(0x80));

/** A key's path as 64 hex digits, and what it leads to. */
type Entry = readonly [path: string, value: Uint8Array];

type Node =
  | { readonly kind: "leaf"; readonly item: RlpItem; readonly encoded: Uint8Array }
  | {
      readonly kind: "extension";
      readonly item: RlpItem;
      readonly encoded: Uint8Array;
      readonly shared: string;
      readonly child: Node;
    }
  | {
      readonly kind: "branch";
      readonly item: RlpItem;
      readonly encoded: Uint8Array;
      readonly children: readonly (Node | undefined)[];
    };

/** Hex-prefix encoding. Source: Ethereum Yellow Paper, appendix C. */
function hexPrefix(path: string, isLeaf: boolean): Uint8Array {
  const flag = isLeaf ? 2 : 0;
  return hexToBytes(path.length % 2 === 0 ? `${flag}0${path}` : `${flag + 1}${path}`);
}

/** How a parent names its child: a short node stands in its parent. */
const reference = ({ item, encoded }: Node): RlpItem =>
  encoded.length < 32 ? item : keccak256(encoded);

function sharedPrefix(left: string, right: string, from: number): string {
  let end = from;
  while (end < left.length && left[end] === right[end]) end += 1;
  return left.slice(from, end);
}

function buildBranch(entries: readonly Entry[], depth: number): Node {
  const children = Array.from({ length: 16 }, (_, nibble) => {
    const digit = nibble.toString(16);
    const below = entries.filter(([path]) => path[depth] === digit);
    return below.length > 0 ? build(below, depth + 1) : undefined;
  });
  const none = new Uint8Array(0);
  const item = [...children.map((child) => (child ? reference(child) : none)), none];
  return { kind: "branch", item, encoded: rlp(item), children };
}

/** `entries` are sorted, at least one, and share the first `depth` digits. */
function build(entries: readonly Entry[], depth: number): Node {
  const [path, value] = entries[0] ?? ["", new Uint8Array(0)];
  if (entries.length === 1) {
    const item = [hexPrefix(path.slice(depth), true), value];
    return { kind: "leaf", item, encoded: rlp(item) };
  }
  const shared = sharedPrefix(path, entries.at(-1)?.[0] ?? "", depth);
  if (shared.length === 0) return buildBranch(entries, depth);
  const child = buildBranch(entries, depth + shared.length);
  const item = [hexPrefix(shared, false), reference(child)];
  return { kind: "extension", item, encoded: rlp(item), shared, child };
}

/** A Merkle-Patricia trie under hashed keys, as Ethereum keeps accounts and storage. */
export class PatriciaTrie {
  readonly root: Uint8Array;
  readonly #top: Node | undefined;

  constructor(entries: Iterable<readonly [key: Uint8Array, value: Uint8Array]>) {
    const sorted = [...entries]
      .map(([key, value]) => [keccak256(key), value] as const)
      .toSorted(([left], [right]) => compareBytes(left, right))
      .map(([path, value]) => [bytesToHex(path), value] as const);
    this.#top = sorted.length > 0 ? build(sorted, 0) : undefined;
    this.root = this.#top ? keccak256(this.#top.encoded) : EMPTY_TRIE_ROOT;
  }

  /** What eth_getProof answers: nodes root first, of presence or absence. */
  prove(key: Uint8Array): readonly Uint8Array[] {
    const path = bytesToHex(keccak256(key));
    const nodes: Uint8Array[] = [];
    let node = this.#top;
    let depth = 0;
    while (node) {
      if (nodes.length === 0 || node.encoded.length >= 32) nodes.push(node.encoded);
      if (node.kind === "leaf") break;
      if (node.kind === "branch") {
        node = node.children[Number.parseInt(path[depth] ?? "0", 16)];
        depth += 1;
        continue;
      }
      if (!path.startsWith(node.shared, depth)) break;
      depth += node.shared.length;
      node = node.child;
    }
    return nodes;
  }
}

/** An integer as Ethereum stores it: without leading zeros. */
export function trimmed(word: Uint8Array): Uint8Array {
  const first = word.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array(0) : word.slice(first);
}
