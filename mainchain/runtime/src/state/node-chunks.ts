import type { KeyValueReader, WriteOperation } from "@ropenet/protocol";
import { chunkKey } from "./key-space.ts";
import type { NodeReference, TrieNodes } from "./trie-nodes.ts";

/** A chunk is closed beyond this: one read brings a node with its neighbours, and few bytes that nobody wants. */
const CHUNK_BYTES = 4_096;
/** position = chunk × 65,536 + offset: an offset is below `CHUNK_BYTES`, however long the node that begins there. */
const OFFSETS = 0x1_0000;
const KEPT_CHUNKS = 512;
const TAG = { inner: 1, leaf: 2 } as const;
const HASH_BYTES = 32;
/** version u48, position u32, hash */
const REFERENCE_BYTES = 42;

export interface StoredLeaf {
  readonly kind: "leaf";
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Branches at bit `branch`; speaks of the bits from `start`; `path` holds those before `branch`. */
export interface StoredInner {
  readonly kind: "inner";
  readonly start: number;
  readonly branch: number;
  /** ⌈branch / 8⌉ bytes */
  readonly path: Uint8Array;
  readonly left: NodeReference;
  readonly right: NodeReference;
}

/** The nodes of one version, one behind the other, in rows of a few kilobytes. */
export class ChunkWriter {
  readonly writes: WriteOperation[] = [];
  readonly #version: number;
  #bytes = new Uint8Array(4 * CHUNK_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #chunk = 0;

  constructor(version: number) {
    this.#version = version;
  }

  /** Its children must have their places. @returns the node's position */
  addInner(nodes: TrieNodes, node: number): number {
    const branch = nodes.branch[node] as number;
    const pathBytes = (branch + 7) >> 3;
    const position = this.#begin(3 + pathBytes + 2 * REFERENCE_BYTES);
    this.#bytes[this.#length] = TAG.inner;
    this.#bytes[this.#length + 1] = nodes.start[node] as number;
    this.#bytes[this.#length + 2] = branch;
    this.#length += 3;
    for (let index = 0; index < pathBytes; index += 1) {
      this.#bytes[this.#length + index] = nodes.path[node * HASH_BYTES + index] as number;
    }
    this.#length += pathBytes;
    // One tree, one encoding: the bits from `branch` on belong to whatever lies below.
    const spare = branch & 7;
    const last = this.#length - 1;
    if (spare !== 0) this.#bytes[last] = (this.#bytes[last] as number) & (0xff << (8 - spare));
    this.#addReference(nodes, nodes.left[node] as number);
    this.#addReference(nodes, nodes.right[node] as number);
    return position;
  }

  /** @returns the node's position */
  addLeaf(key: Uint8Array, value: Uint8Array): number {
    const position = this.#begin(7 + key.length + value.length);
    this.#bytes[this.#length] = TAG.leaf;
    this.#view.setUint16(this.#length + 1, key.length);
    this.#view.setUint32(this.#length + 3, value.length);
    this.#bytes.set(key, this.#length + 7);
    this.#bytes.set(value, this.#length + 7 + key.length);
    this.#length += 7 + key.length + value.length;
    return position;
  }

  /** Closes the last chunk. */
  finish(): void {
    if (this.#length === 0) return;
    const key = chunkKey(this.#version, this.#chunk);
    this.writes.push({ key, value: this.#bytes.slice(0, this.#length) });
    this.#length = 0;
    this.#chunk += 1;
    if (this.#chunk >= OFFSETS) throw new Error("a version has more chunks than positions");
  }

  #begin(length: number): number {
    if (this.#length >= CHUNK_BYTES) this.finish();
    if (this.#length + length > this.#bytes.length) {
      const grown = new Uint8Array(2 * (this.#length + length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return this.#chunk * OFFSETS + this.#length;
  }

  #addReference(nodes: TrieNodes, node: number): void {
    const at = this.#length;
    const version = nodes.version[node] as number;
    this.#view.setUint16(at, Math.floor(version / 0x1_0000_0000));
    this.#view.setUint32(at + 2, version % 0x1_0000_0000);
    this.#view.setUint32(at + 6, nodes.position[node] as number);
    const { hash } = nodes;
    for (let index = 0; index < HASH_BYTES; index += 1) {
      this.#bytes[at + 10 + index] = hash[node * HASH_BYTES + index] as number;
    }
    this.#length = at + REFERENCE_BYTES;
  }
}

/** Reads nodes by reference; keeps the chunks it read last. */
export class ChunkReader {
  readonly #reader: KeyValueReader;
  readonly #kept = new Map<number, Uint8Array>();

  constructor(reader: KeyValueReader) {
    this.#reader = reader;
  }

  read({
    version,
    position,
  }: Pick<NodeReference, "version" | "position">): StoredInner | StoredLeaf {
    const bytes = this.#chunk(version, Math.floor(position / OFFSETS));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const at = position % OFFSETS;
    if (bytes[at] === TAG.leaf) {
      const key = at + 7;
      const value = key + view.getUint16(at + 1);
      return {
        kind: "leaf",
        key: bytes.slice(key, value),
        value: bytes.slice(value, value + view.getUint32(at + 3)),
      };
    }
    if (bytes[at] !== TAG.inner) throw new Error(`no trie node at ${version}/${position}`);
    const branch = view.getUint8(at + 2);
    const path = at + 3;
    const left = path + Math.ceil(branch / 8);
    return {
      kind: "inner",
      start: view.getUint8(at + 1),
      branch,
      path: bytes.slice(path, left),
      left: referenceAt(bytes, view, left),
      right: referenceAt(bytes, view, left + REFERENCE_BYTES),
    };
  }

  #chunk(version: number, chunk: number): Uint8Array {
    const id = version * OFFSETS + chunk;
    const kept = this.#kept.get(id);
    if (kept) return kept;
    const bytes = this.#reader.get(chunkKey(version, chunk));
    if (!bytes) throw new Error(`trie nodes missing: version ${version}, chunk ${chunk}`);
    this.#kept.set(id, bytes);
    if (this.#kept.size > KEPT_CHUNKS) {
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    }
    return bytes;
  }
}

function referenceAt(bytes: Uint8Array, view: DataView, at: number): NodeReference {
  return {
    version: view.getUint16(at) * 0x1_0000_0000 + view.getUint32(at + 2),
    position: view.getUint32(at + 6),
    hash: bytes.slice(at + 10, at + 10 + HASH_BYTES),
  };
}
