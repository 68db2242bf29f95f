import { type KeyValueReader, type WriteOperation, ZERO_32 } from "@ropenet/protocol";
import { ChunkReader } from "./node-chunks.ts";
import { NODE, NONE, type NodeReference, TrieNodes } from "./trie-nodes.ts";
import { type Change, TrieUpdate } from "./trie-update.ts";

/** Nodes in memory, about a hundred bytes each: what a hundred thousand accounts need. */
const MAX_NODES = 300_000;

/** The tree that some changes lead to. Void once another update of the same tree is adopted. */
export interface PreparedUpdate {
  readonly root: NodeReference | undefined;
  /** the empty tree's is 32 zero bytes */
  readonly hash: Uint8Array;
  readonly writes: readonly WriteOperation[];
}

/**
 * The state tree over its store: what was used lately is in memory, the rest is read when a change passes by.
 * Changes make new nodes beside the old ones; those of an update that is never adopted are forgotten.
 */
export class StateTrie {
  readonly #nodes = new TrieNodes();
  readonly #chunks: ChunkReader;
  readonly #maxNodes: number;
  readonly #open = new Map<PreparedUpdate, TrieUpdate>();
  /** the committed tree, in memory and in the store */
  #root = NONE;
  #reference: NodeReference | undefined;

  constructor(reader: KeyValueReader, options: { readonly maxNodes?: number } = {}) {
    this.#chunks = new ChunkReader(reader);
    this.#maxNodes = options.maxNodes ?? MAX_NODES;
  }

  /** Nodes in memory. */
  get size(): number {
    return this.#nodes.size;
  }

  /** Applies changes of distinct keys to the committed tree, which is the one under `root`. */
  update(
    root: NodeReference | undefined,
    version: bigint,
    changes: readonly Change[],
  ): PreparedUpdate {
    this.#seat(root);
    const update = new TrieUpdate(this.#nodes, this.#chunks);
    update.apply(this.#root, changes);
    const { root: made, writes } = update.persist(Number(version));
    const prepared = { root: made, hash: made?.hash ?? ZERO_32, writes };
    this.#open.set(prepared, update);
    return prepared;
  }

  /** `prepared` is the committed tree from now on; its writes must be in the store before the next update. */
  adopt(prepared: PreparedUpdate): void {
    const update = this.#open.get(prepared);
    if (!update) throw new Error("adopted an update of another tree");
    this.#open.delete(prepared);
    this.#forgetOpen();
    this.#root = update.accept();
    this.#reference = prepared.root;
    if (this.#nodes.size > this.#maxNodes) this.#evict();
  }

  #seat(root: NodeReference | undefined): void {
    const known = this.#reference;
    if (known?.version === root?.version && known?.position === root?.position) return;
    this.#open.clear();
    this.#nodes.clear();
    this.#root = root ? this.#nodes.addStub(root) : NONE;
    this.#reference = root;
  }

  #forgetOpen(): void {
    for (const update of this.#open.values()) update.discard();
    this.#open.clear();
  }

  /** Keeps the upper half of what is allowed: the levels that every change passes. */
  #evict(): void {
    const { kind, left, right } = this.#nodes;
    let level = [this.#root];
    let kept = 0;
    while (level.length > 0 && kept + 3 * level.length < this.#maxNodes / 2) {
      kept += level.length;
      level = level
        .filter((node) => kind[node] === NODE.inner)
        .flatMap((node) => [left[node] as number, right[node] as number]);
    }
    for (const node of level) this.#fold(node);
  }

  /** Makes a node a stub again and releases all below it. */
  #fold(node: number): void {
    const nodes = this.#nodes;
    if (nodes.kind[node] === NODE.inner) {
      for (const child of [nodes.left[node] as number, nodes.right[node] as number]) {
        this.#fold(child);
        nodes.release(child);
      }
    }
    nodes.kind[node] = NODE.stub;
  }
}
