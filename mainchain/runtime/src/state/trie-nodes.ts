/** No node: the empty tree. */
export const NONE = 0;

export const NODE = { stub: 1, inner: 2, leaf: 3 } as const;
export type NodeKind = (typeof NODE)[keyof typeof NODE];

const HASH_BYTES = 32;
const FIRST_CAPACITY = 4_096;

/** Where a node lies in the store: the version that wrote it, and its place among that version's nodes. */
export interface NodeReference {
  readonly version: number;
  readonly position: number;
  readonly hash: Uint8Array;
}

/**
 * Trie nodes in memory, as columns of typed arrays: a node is a number, and a million of them are no work for the
 * garbage collector. A stub is known by hash and reference only; its content is still in the store.
 */
export class TrieNodes {
  kind: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  /** 1 = made by an update that is not committed yet, hence not in the store */
  fresh: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  hash: Uint8Array = new Uint8Array(FIRST_CAPACITY * HASH_BYTES);
  /** leaves: the key's path; inner nodes: the bits before `branch` are those of everything below */
  path: Uint8Array = new Uint8Array(FIRST_CAPACITY * HASH_BYTES);
  /** first bit that an inner node speaks about */
  start: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  branch: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  left: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  right: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  version: Float64Array = new Float64Array(FIRST_CAPACITY);
  position: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  #released: number[] = [];
  #next = 1;

  /** nodes in use */
  get size(): number {
    return this.#next - 1 - this.#released.length;
  }

  add(kind: NodeKind): number {
    const node = this.#released.pop() ?? this.#next++;
    if (node >= this.kind.length) this.#grow();
    this.kind[node] = kind;
    this.fresh[node] = 0;
    return node;
  }

  addStub(reference: NodeReference): number {
    const node = this.add(NODE.stub);
    this.hash.set(reference.hash, node * HASH_BYTES);
    this.version[node] = reference.version;
    this.position[node] = reference.position;
    return node;
  }

  release(node: number): void {
    this.#released.push(node);
  }

  clear(): void {
    this.#released = [];
    this.#next = 1;
  }

  hashOf(node: number): Uint8Array {
    return this.hash.slice(node * HASH_BYTES, (node + 1) * HASH_BYTES);
  }

  /** `from[at..at + 32]` */
  setHash(node: number, from: Uint8Array, at: number): void {
    const { hash } = this;
    const to = node * HASH_BYTES;
    for (let index = 0; index < HASH_BYTES; index += 1) {
      hash[to + index] = from[at + index] as number;
    }
  }

  pathOf(node: number): Uint8Array {
    return this.path.subarray(node * HASH_BYTES, (node + 1) * HASH_BYTES);
  }

  setPath(node: number, path: Uint8Array): void {
    this.path.set(path, node * HASH_BYTES);
  }

  #grow(): void {
    const capacity = 2 * this.kind.length;
    const bytes = (old: Uint8Array, width: number): Uint8Array => {
      const grown = new Uint8Array(capacity * width);
      grown.set(old);
      return grown;
    };
    const words = (old: Uint32Array): Uint32Array => {
      const grown = new Uint32Array(capacity);
      grown.set(old);
      return grown;
    };
    this.kind = bytes(this.kind, 1);
    this.fresh = bytes(this.fresh, 1);
    this.start = bytes(this.start, 1);
    this.branch = bytes(this.branch, 1);
    this.hash = bytes(this.hash, HASH_BYTES);
    this.path = bytes(this.path, HASH_BYTES);
    this.left = words(this.left);
    this.right = words(this.right);
    this.position = words(this.position);
    const version = new Float64Array(capacity);
    version.set(this.version);
    this.version = version;
  }
}
