import {
  bitAt,
  compareBytes,
  firstDifference,
  PATH_BITS,
  sm3Many,
  type WriteOperation,
} from "@ropenet/protocol";
import { hashInners, hashLeaves } from "./hash-nodes.ts";
import { loadNode } from "./load-node.ts";
import { type ChunkReader, ChunkWriter } from "./node-chunks.ts";
import { NODE, NONE, type NodeReference, type TrieNodes } from "./trie-nodes.ts";

export interface Change {
  readonly key: Uint8Array;
  /** undefined deletes */
  readonly value: Uint8Array | undefined;
}

interface PathChange extends Change {
  readonly path: Uint8Array;
}

/** What is to lie below one place: a change that sets a value, or the leaf that lay there. */
type Item = PathChange | { readonly leaf: number; readonly path: Uint8Array };

const LEAF_LEVEL = 0;

/** One batch of changes on one root. New nodes lie beside the old ones, which stay as they are. */
export class TrieUpdate {
  readonly #nodes: TrieNodes;
  readonly #chunks: ChunkReader;
  readonly #made: number[] = [];
  readonly #replaced: number[] = [];
  /** of the leaves made here */
  readonly #contents = new Map<number, PathChange>();
  #root = NONE;

  constructor(nodes: TrieNodes, chunks: ChunkReader) {
    this.#nodes = nodes;
    this.#chunks = chunks;
  }

  apply(root: number, changes: readonly Change[]): void {
    const paths = sm3Many(changes.map(({ key }) => key));
    const sorted = changes
      .map((change, index) => ({ ...change, path: paths[index] as Uint8Array }))
      .toSorted((left, right) => compareBytes(left.path, right.path));
    this.#root = this.#apply(root, 0, sorted, 0, sorted.length);
  }

  /** Hashes what was made and lays it out for the store. */
  persist(version: number): {
    readonly root: NodeReference | undefined;
    readonly writes: readonly WriteOperation[];
  } {
    this.#hash();
    const writer = new ChunkWriter(version);
    this.#write(this.#root, writer, version);
    writer.finish();
    const root = this.#root === NONE ? undefined : this.#referenceTo(this.#root);
    return { root, writes: writer.writes };
  }

  /** Forgets what the new tree replaces. @returns its root */
  accept(): number {
    for (const node of this.#made) this.#nodes.fresh[node] = 0;
    for (const node of this.#replaced) this.#nodes.release(node);
    return this.#root;
  }

  /** Forgets what was made. */
  discard(): void {
    for (const node of this.#made) this.#nodes.release(node);
  }

  /** `changes[from..to]` share the first `depth` bits, as does everything below `node`. */
  #apply(
    node: number,
    depth: number,
    changes: readonly PathChange[],
    from: number,
    to: number,
  ): number {
    if (from === to) return node;
    if (node === NONE) return this.#build(depth, setsOf(changes, from, to));
    loadNode(this.#nodes, this.#chunks, node);
    if (this.#nodes.kind[node] === NODE.leaf)
      return this.#applyToLeaf(node, depth, changes, from, to);
    return this.#applyToInner(node, depth, changes, from, to);
  }

  #applyToLeaf(
    leaf: number,
    depth: number,
    changes: readonly PathChange[],
    from: number,
    to: number,
  ): number {
    const path = this.#nodes.pathOf(leaf).slice();
    const items: Item[] = setsOf(changes, from, to);
    const itself = changes.slice(from, to).find((change) => compareBytes(change.path, path) === 0);
    if (itself) this.#replace(leaf);
    else {
      if (items.length === 0) return leaf;
      items.push({ leaf, path });
      items.sort((left, right) => compareBytes(left.path, right.path));
    }
    return this.#build(depth, items);
  }

  #applyToInner(
    node: number,
    depth: number,
    changes: readonly PathChange[],
    allFrom: number,
    allTo: number,
  ): number {
    const branch = this.#nodes.branch[node] as number;
    const path = this.#nodes.pathOf(node).slice();
    const differs = (index: number): number =>
      firstDifference((changes[index] as PathChange).path, path, depth);
    let from = allFrom;
    let to = allTo;
    // A deletion off the shared bits deletes nothing, and must not split the node.
    const idle = (index: number): boolean =>
      (changes[index] as PathChange).value === undefined && differs(index) < branch;
    while (from < to && idle(from)) from += 1;
    while (from < to && idle(to - 1)) to -= 1;
    if (from === to) return node;
    // Sorted: whatever lies between agrees with the path at least as far as the ends do.
    const split = Math.min(differs(from), differs(to - 1), branch);
    const middle = firstWithBit(changes, from, to, split);
    if (split < branch) {
      const kept = this.#moved(node, split + 1);
      const keptIsRight = bitAt(path, split) === 1;
      const made = keptIsRight
        ? this.#build(split + 1, setsOf(changes, from, middle))
        : this.#build(split + 1, setsOf(changes, middle, to));
      const grown = keptIsRight
        ? this.#apply(kept, split + 1, changes, middle, to)
        : this.#apply(kept, split + 1, changes, from, middle);
      return keptIsRight
        ? this.#join(depth, split, path, made, grown)
        : this.#join(depth, split, path, grown, made);
    }
    const oldLeft = this.#nodes.left[node] as number;
    const oldRight = this.#nodes.right[node] as number;
    const left = this.#apply(oldLeft, branch + 1, changes, from, middle);
    const right = this.#apply(oldRight, branch + 1, changes, middle, to);
    if (left === oldLeft && right === oldRight) return node;
    this.#replace(node);
    return this.#join(depth, branch, path, left, right);
  }

  /** Two children make an inner node; a single one moves up into its parent's place. */
  #join(start: number, branch: number, path: Uint8Array, left: number, right: number): number {
    if (left === NONE && right === NONE) return NONE;
    if (left === NONE || right === NONE) return this.#moved(left === NONE ? right : left, start);
    const node = this.#make(NODE.inner);
    this.#nodes.start[node] = start;
    this.#nodes.branch[node] = branch;
    this.#nodes.left[node] = left;
    this.#nodes.right[node] = right;
    this.#nodes.setPath(node, path);
    return node;
  }

  /** The same node in another place. A leaf does not know where it lies; an inner node does. */
  #moved(node: number, start: number): number {
    loadNode(this.#nodes, this.#chunks, node);
    const nodes = this.#nodes;
    if (nodes.kind[node] === NODE.leaf) return node;
    if (nodes.fresh[node] === 1) {
      nodes.start[node] = start;
      return node;
    }
    const copy = this.#make(NODE.inner);
    nodes.start[copy] = start;
    nodes.branch[copy] = nodes.branch[node] as number;
    nodes.left[copy] = nodes.left[node] as number;
    nodes.right[copy] = nodes.right[node] as number;
    nodes.setPath(copy, nodes.pathOf(node));
    this.#replace(node);
    return copy;
  }

  #build(depth: number, items: readonly Item[]): number {
    return this.#buildRange(depth, items, 0, items.length);
  }

  #buildRange(depth: number, items: readonly Item[], from: number, to: number): number {
    if (from === to) return NONE;
    const first = items[from] as Item;
    if (to - from === 1) return "leaf" in first ? first.leaf : this.#makeLeaf(first);
    const last = items[to - 1] as Item;
    const branch = firstDifference(first.path, last.path, depth);
    if (branch >= PATH_BITS) throw new Error("two keys with one path: SM3 collision");
    const middle = firstWithBit(items, from, to, branch);
    const left = this.#buildRange(branch + 1, items, from, middle);
    const right = this.#buildRange(branch + 1, items, middle, to);
    return this.#join(depth, branch, first.path, left, right);
  }

  #makeLeaf(change: PathChange): number {
    const leaf = this.#make(NODE.leaf);
    this.#nodes.setPath(leaf, change.path);
    this.#contents.set(leaf, change);
    return leaf;
  }

  #make(kind: (typeof NODE)[keyof typeof NODE]): number {
    const node = this.#nodes.add(kind);
    this.#nodes.fresh[node] = 1;
    this.#made.push(node);
    return node;
  }

  #replace(node: number): void {
    this.#replaced.push(node);
  }

  #hash(): void {
    const leaves = [...this.#contents].map(([leaf, { key, value }]) => ({
      leaf,
      key,
      value: value as Uint8Array,
    }));
    const hashes = hashLeaves(leaves);
    for (const [index, { leaf }] of leaves.entries()) {
      this.#nodes.setHash(leaf, hashes[index] as Uint8Array, 0);
    }
    const levels: number[][] = [];
    this.#gather(this.#root, levels);
    for (const inners of levels) hashInners(this.#nodes, inners);
  }

  /** Sorts the new inner nodes below `node` by how much must be hashed before them. */
  #gather(node: number, levels: number[][]): number {
    const { fresh, kind, left, right } = this.#nodes;
    if (node === NONE || fresh[node] === 0 || kind[node] === NODE.leaf) return LEAF_LEVEL;
    const below = Math.max(
      this.#gather(left[node] as number, levels),
      this.#gather(right[node] as number, levels),
    );
    const level = levels[below];
    if (level) level.push(node);
    else levels[below] = [node];
    return below + 1;
  }

  /** Children first: a node is written with the places of both. */
  #write(node: number, writer: ChunkWriter, version: number): void {
    const nodes = this.#nodes;
    if (node === NONE || nodes.fresh[node] === 0) return;
    nodes.version[node] = version;
    if (nodes.kind[node] === NODE.leaf) {
      const { key, value } = this.#contents.get(node) as PathChange;
      nodes.position[node] = writer.addLeaf(key, value as Uint8Array);
      return;
    }
    const left = nodes.left[node] as number;
    const right = nodes.right[node] as number;
    this.#write(left, writer, version);
    this.#write(right, writer, version);
    nodes.position[node] = writer.addInner(nodes, node);
  }

  #referenceTo(node: number): NodeReference {
    const { version, position } = this.#nodes;
    return {
      version: version[node] as number,
      position: position[node] as number,
      hash: this.#nodes.hashOf(node),
    };
  }
}

function setsOf(changes: readonly PathChange[], from: number, to: number): Item[] {
  const sets: Item[] = [];
  for (let index = from; index < to; index += 1) {
    const change = changes[index] as PathChange;
    if (change.value !== undefined) sets.push(change);
  }
  return sets;
}

/** The first of sorted items that share the bits before `bit` to have it set; `to` if none has. */
function firstWithBit(
  items: readonly { readonly path: Uint8Array }[],
  from: number,
  to: number,
  bit: number,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bitAt((items[middle] as { readonly path: Uint8Array }).path, bit) === 1) high = middle;
    else low = middle + 1;
  }
  return low;
}
