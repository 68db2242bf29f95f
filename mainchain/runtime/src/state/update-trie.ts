import {
  bitAt,
  compareBytes,
  equalBytes,
  firstDifference,
  type KeyValueReader,
  PATH_BITS,
  pathOf,
  type WriteOperation,
  ZERO_32,
} from "@ropenet/protocol";
import { nodeKey, staleKey } from "./key-space.ts";
import {
  type Child,
  decodeNode,
  encodeInner,
  encodeLeaf,
  hashInnerNode,
  hashLeafNode,
  type InnerNode,
  type NodeReference,
  type TrieNode,
} from "./trie-node.ts";

export interface Change {
  readonly key: Uint8Array;
  /** undefined deletes */
  readonly value: Uint8Array | undefined;
}

interface PathChange extends Change {
  readonly path: Uint8Array;
}

export function loadNode(
  reader: KeyValueReader,
  reference: NodeReference,
  depth: number,
  path: Uint8Array,
): TrieNode {
  const bytes = reader.get(nodeKey(reference.version, depth, path));
  if (!bytes) throw new Error(`trie node missing: version ${reference.version}, depth ${depth}`);
  return decodeNode(bytes);
}

/** One batch of changes on one root: nodes are read once, hashed once, and written under the new version. */
class TrieUpdate {
  readonly writes: WriteOperation[] = [];
  readonly #reader: KeyValueReader;
  readonly #version: bigint;

  constructor(reader: KeyValueReader, version: bigint) {
    this.#reader = reader;
    this.#version = version;
  }

  #retire(reference: NodeReference, depth: number, path: Uint8Array): void {
    const node = nodeKey(reference.version, depth, path);
    this.writes.push({ key: staleKey(this.#version, node), value: new Uint8Array(0) });
  }

  /** Takes a stored child into hand: whatever comes of it, this place will be written anew. */
  #open(child: Child, depth: number, path: Uint8Array): TrieNode {
    if (child.kind === "made") return child.node;
    const node = loadNode(this.#reader, child.reference, depth, path);
    this.#retire(child.reference, depth, path);
    return node;
  }

  /** `changes` are sorted by path and share the first `depth` bits. */
  apply(
    child: Child | undefined,
    depth: number,
    changes: readonly PathChange[],
  ): Child | undefined {
    const [first] = changes;
    if (!first) return child;
    if (!child)
      return this.#build(
        depth,
        changes.filter(({ value }) => value !== undefined),
      );
    const node = this.#open(child, depth, first.path);
    return node.kind === "leaf"
      ? this.#build(depth, mergeLeaf(node, changes))
      : this.#applyInner({ ...node, start: depth }, changes);
  }

  #applyInner(node: InnerNode, changes: readonly PathChange[]): Child | undefined {
    // A deletion off the shared bits deletes nothing, and must not split the node.
    const relevant = changes.filter(
      ({ path, value }) =>
        value !== undefined || firstDifference(path, node.path, node.start) >= node.branch,
    );
    const split = relevant.reduce(
      (lowest, { path }) => Math.min(lowest, firstDifference(path, node.path, node.start)),
      node.branch,
    );
    if (split >= node.branch) return this.#descend(node, relevant);
    const [zeros, ones] = partition(relevant, split);
    const kept: Child = { kind: "made", node: { ...node, start: split + 1 } };
    const keptIsRight = bitAt(node.path, split) === 1;
    const left = this.#applyMade(keptIsRight ? undefined : kept, split + 1, zeros);
    const right = this.#applyMade(keptIsRight ? kept : undefined, split + 1, ones);
    return this.#join(node.start, split, node.path, left, right);
  }

  #applyMade(
    child: Child | undefined,
    depth: number,
    changes: readonly PathChange[],
  ): Child | undefined {
    return changes.length === 0 ? child : this.apply(child, depth, changes);
  }

  #descend(node: InnerNode, changes: readonly PathChange[]): Child | undefined {
    const [zeros, ones] = partition(changes, node.branch);
    const left = this.apply(node.left, node.branch + 1, zeros);
    const right = this.apply(node.right, node.branch + 1, ones);
    return this.#join(node.start, node.branch, node.path, left, right);
  }

  /** Two children make an inner node; a single one moves up into its parent's place. */
  #join(
    start: number,
    branch: number,
    path: Uint8Array,
    left: Child | undefined,
    right: Child | undefined,
  ): Child | undefined {
    if (left && right) {
      return {
        kind: "made",
        node: { kind: "inner", start, branch, path: prefixOf(path, branch), left, right },
      };
    }
    const only = left ?? right;
    if (!only) return undefined;
    const way = withBit(path, branch, left ? 0 : 1);
    const node = this.#open(only, branch + 1, way);
    return { kind: "made", node: node.kind === "leaf" ? node : { ...node, start } };
  }

  #build(depth: number, leaves: readonly PathChange[]): Child | undefined {
    const [first] = leaves;
    if (!first) return undefined;
    if (leaves.length === 1) {
      const { path, key, value } = first;
      return { kind: "made", node: { kind: "leaf", path, key, value: value as Uint8Array } };
    }
    const last = leaves.at(-1) ?? first;
    const branch = firstDifference(first.path, last.path, depth);
    if (branch >= PATH_BITS) throw new Error("two keys with one path: SM3 collision");
    const [zeros, ones] = partition(leaves, branch);
    return this.#join(
      depth,
      branch,
      first.path,
      this.#build(branch + 1, zeros),
      this.#build(branch + 1, ones),
    );
  }

  /** Hashes and writes what was made, leaves first. */
  persist(child: Child, depth: number): NodeReference {
    if (child.kind === "stored") return child.reference;
    const { node } = child;
    const version = this.#version;
    if (node.kind === "leaf") {
      this.writes.push({ key: nodeKey(version, depth, node.path), value: encodeLeaf(node) });
      return { version, hash: hashLeafNode(node) };
    }
    const left = this.persist(node.left, node.branch + 1);
    const right = this.persist(node.right, node.branch + 1);
    this.writes.push({
      key: nodeKey(version, depth, node.path),
      value: encodeInner(node, left, right),
    });
    return { version, hash: hashInnerNode(node, left.hash, right.hash) };
  }
}

/** The leaf as one more change, unless a change names its key. */
function mergeLeaf(
  leaf: { readonly path: Uint8Array; readonly key: Uint8Array; readonly value: Uint8Array },
  changes: readonly PathChange[],
): readonly PathChange[] {
  const sets = changes.filter(({ value }) => value !== undefined);
  if (changes.some(({ key }) => equalBytes(key, leaf.key))) return sets;
  return [...sets, leaf].toSorted((left, right) => compareBytes(left.path, right.path));
}

function partition<T extends { readonly path: Uint8Array }>(
  items: readonly T[],
  bit: number,
): readonly [T[], T[]] {
  const zeros: T[] = [];
  const ones: T[] = [];
  for (const item of items) (bitAt(item.path, bit) === 0 ? zeros : ones).push(item);
  return [zeros, ones];
}

function prefixOf(path: Uint8Array, bits: number): Uint8Array {
  const prefix = new Uint8Array(32);
  for (let at = 0; at < bits; at += 1) {
    if (bitAt(path, at) === 1) prefix[at >> 3] = (prefix[at >> 3] ?? 0) | (0x80 >> (at & 7));
  }
  return prefix;
}

function withBit(path: Uint8Array, bit: number, value: 0 | 1): Uint8Array {
  const prefix = prefixOf(path, bit);
  if (value === 1) prefix[bit >> 3] = (prefix[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return prefix;
}

export interface TrieResult {
  readonly root: NodeReference | undefined;
  readonly hash: Uint8Array;
  readonly writes: readonly WriteOperation[];
}

/**
 * Applies changes of distinct keys to the trie under `root` and returns what to write.
 * The order of `changes` is irrelevant; the empty trie's hash is 32 zero bytes.
 */
export function updateTrie(
  reader: KeyValueReader,
  root: NodeReference | undefined,
  version: bigint,
  changes: readonly Change[],
): TrieResult {
  const update = new TrieUpdate(reader, version);
  const sorted = changes
    .map((change) => ({ ...change, path: pathOf(change.key) }))
    .toSorted((left, right) => compareBytes(left.path, right.path));
  const child = update.apply(root && { kind: "stored", reference: root }, 0, sorted);
  const next = child && update.persist(child, 0);
  return { root: next, hash: next?.hash ?? ZERO_32, writes: update.writes };
}
