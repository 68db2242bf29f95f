import {
  b32,
  type Codec,
  decode,
  encode,
  hashInner,
  hashLeaf,
  packBits,
  sm3,
  struct,
  u16,
  u64,
  varBytes,
} from "@ropenet/protocol";

/** A node in the store: the version that wrote it and its hash. Its place is known from the way down. */
export interface NodeReference {
  readonly version: bigint;
  readonly hash: Uint8Array;
}

export interface LeafNode {
  readonly kind: "leaf";
  readonly path: Uint8Array;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Branches at bit `branch`; `path` holds the bits that everything below shares. */
export interface InnerNode {
  readonly kind: "inner";
  readonly start: number;
  readonly branch: number;
  readonly path: Uint8Array;
  readonly left: Child;
  readonly right: Child;
}

export type TrieNode = LeafNode | InnerNode;

/** Below an inner node: something stored, or something that this update has made. */
export type Child =
  | { readonly kind: "stored"; readonly reference: NodeReference }
  | { readonly kind: "made"; readonly node: TrieNode };

interface StoredInner {
  readonly start: number;
  readonly branch: number;
  readonly path: Uint8Array;
  readonly leftVersion: bigint;
  readonly leftHash: Uint8Array;
  readonly rightVersion: bigint;
  readonly rightHash: Uint8Array;
}

const storedInner: Codec<StoredInner> = struct<StoredInner>({
  start: u16,
  branch: u16,
  path: b32,
  leftVersion: u64,
  leftHash: b32,
  rightVersion: u64,
  rightHash: b32,
});

const storedLeaf: Codec<Omit<LeafNode, "kind">> = struct<Omit<LeafNode, "kind">>({
  path: b32,
  key: varBytes(1024),
  value: varBytes(1 << 20),
});

const tagOf = { leaf: 0, inner: 1 } as const;

export function encodeLeaf(leaf: LeafNode): Uint8Array {
  return Uint8Array.of(tagOf.leaf, ...encode(storedLeaf, leaf));
}

export function encodeInner(
  node: InnerNode,
  left: NodeReference,
  right: NodeReference,
): Uint8Array {
  const { start, branch, path } = node;
  const body = encode(storedInner, {
    start,
    branch,
    path,
    leftVersion: left.version,
    leftHash: left.hash,
    rightVersion: right.version,
    rightHash: right.hash,
  });
  return Uint8Array.of(tagOf.inner, ...body);
}

export function decodeNode(bytes: Uint8Array): TrieNode {
  const body = bytes.slice(1);
  if (bytes[0] === tagOf.leaf) return { kind: "leaf", ...decode(storedLeaf, body) };
  if (bytes[0] !== tagOf.inner) throw new Error("a stored trie node is neither leaf nor inner");
  const { leftVersion, leftHash, rightVersion, rightHash, ...shared } = decode(storedInner, body);
  return {
    kind: "inner",
    ...shared,
    left: { kind: "stored", reference: { version: leftVersion, hash: leftHash } },
    right: { kind: "stored", reference: { version: rightVersion, hash: rightHash } },
  };
}

export function hashLeafNode(leaf: LeafNode): Uint8Array {
  return hashLeaf(leaf.key, sm3(leaf.value));
}

export function hashInnerNode(node: InnerNode, left: Uint8Array, right: Uint8Array): Uint8Array {
  const { start, branch, path } = node;
  return hashInner(start, branch - start, packBits(path, start, branch), left, right);
}
