import { equalBytes, keccak256 } from "@ropenet/crypto";
import { ProofError } from "./proof-error.ts";
import { decodeRlp, encodeRlp, type RlpItem } from "./rlp.ts";

/** keccak-256 of the RLP of the empty string: the root of a trie without entries. */
export const EMPTY_TRIE_ROOT: Uint8Array = keccak256(Uint8Array.of(0x80));

/** Every path of Ethereum's state and storage tries is a keccak-256 digest. */
const PATH_NIBBLES = 64;
const HASH_BYTES = 32;
const BRANCH_ITEMS = 17;

type Node = readonly RlpItem[];

/** Where a walk goes after a node: down to a child, or to its end (`value` undefined = proven absent). */
type Step =
  | { readonly child: RlpItem; readonly depth: number; readonly mustBranch: boolean }
  | { readonly value: Uint8Array | undefined };

const ABSENT: Step = { value: undefined };

function nibblesOf(bytes: Uint8Array): number[] {
  return Array.from(bytes).flatMap((byte) => [byte >> 4, byte & 15]);
}

/** Hex-prefix decoding; only the one canonical form of a path passes. Source: Ethereum Yellow Paper, appendix C. */
function decodePath(
  encoded: RlpItem | undefined,
  depth: number,
): { readonly isLeaf: boolean; readonly path: readonly number[] } {
  const nibbles = encoded instanceof Uint8Array ? nibblesOf(encoded) : [];
  const flag = nibbles[0];
  if (flag === undefined || flag > 3) throw new ProofError({ code: "proof/bad-node", depth });
  const isOdd = (flag & 1) === 1;
  if (!isOdd && nibbles[1] !== 0) throw new ProofError({ code: "proof/bad-node", depth });
  return { isLeaf: flag >= 2, path: nibbles.slice(isOdd ? 1 : 2) };
}

function stepBranch(node: Node, key: readonly number[], depth: number): Step {
  const value = node[BRANCH_ITEMS - 1];
  const children = node.slice(0, BRANCH_ITEMS - 1);
  // All keys have one length, so none ends at a branch; a branch with one child would be an extension.
  const isCanonical =
    depth < PATH_NIBBLES &&
    value?.length === 0 &&
    value instanceof Uint8Array &&
    children.filter((child) => child.length !== 0).length >= 2;
  const child = children[key[depth] ?? -1];
  if (!isCanonical || child === undefined) throw new ProofError({ code: "proof/bad-node", depth });
  if (!(child instanceof Uint8Array) || child.length !== 0) {
    return { child, depth: depth + 1, mustBranch: false };
  }
  return ABSENT;
}

function stepPath(node: Node, key: readonly number[], depth: number): Step {
  const { isLeaf, path } = decodePath(node[0], depth);
  const content = node[1];
  const end = depth + path.length;
  const isCanonical = isLeaf ? end === PATH_NIBBLES : path.length > 0 && end < PATH_NIBBLES;
  if (!isCanonical || content === undefined || content.length === 0) {
    throw new ProofError({ code: "proof/bad-node", depth });
  }
  const isOnPath = path.every((nibble, index) => nibble === key[depth + index]);
  if (!isLeaf) return isOnPath ? { child: content, depth: end, mustBranch: true } : ABSENT;
  if (!(content instanceof Uint8Array)) throw new ProofError({ code: "proof/bad-node", depth });
  return isOnPath ? { value: content } : ABSENT;
}

function step(node: Node, key: readonly number[], depth: number, mustBranch: boolean): Step {
  if (node.length === BRANCH_ITEMS) return stepBranch(node, key, depth);
  if (node.length !== 2 || mustBranch) throw new ProofError({ code: "proof/bad-node", depth });
  return stepPath(node, key, depth);
}

function asNode(item: RlpItem, depth: number): Node {
  if (item instanceof Uint8Array) throw new ProofError({ code: "proof/bad-node", depth });
  return item;
}

/** Hands out the nodes of a proof in order, each once and only to the reference that commits to it. */
class ProofNodes {
  readonly #nodes: readonly Uint8Array[];
  #next = 0;

  constructor(nodes: readonly Uint8Array[]) {
    this.#nodes = nodes;
  }

  take(hash: Uint8Array, depth: number): Node {
    const index = this.#next;
    const bytes = this.#nodes[index];
    if (!bytes) throw new ProofError({ code: "proof/missing-node", index });
    if (!equalBytes(keccak256(bytes), hash))
      throw new ProofError({ code: "proof/wrong-node", index });
    // A node shorter than its hash is embedded in its parent; only the root is hashed all the same.
    if (index > 0 && bytes.length < HASH_BYTES)
      throw new ProofError({ code: "proof/bad-node", depth });
    this.#next += 1;
    return asNode(decodeRlp(bytes), depth);
  }

  resolve(child: RlpItem, depth: number): Node {
    if (!(child instanceof Uint8Array)) {
      if (encodeRlp(child).length >= HASH_BYTES)
        throw new ProofError({ code: "proof/bad-node", depth });
      return child;
    }
    if (child.length !== HASH_BYTES) throw new ProofError({ code: "proof/bad-node", depth });
    return this.take(child, depth);
  }

  end(): void {
    const unused = this.#nodes.length - this.#next;
    if (unused !== 0) throw new ProofError({ code: "proof/unused-node", unused });
  }
}

/**
 * The value at `path` in the Merkle-Patricia trie `root`, or undefined if `proof` shows that there is none.
 * Every node of `proof` is used once, in order; nothing is missing, nothing is left over.
 * @param path the 32-byte trie path, that is the hash of the key
 * @param proof RLP nodes, root first; a node embedded in its parent does not stand on its own
 * @throws {ProofError}
 */
export function walkTrie(
  root: Uint8Array,
  path: Uint8Array,
  proof: readonly Uint8Array[],
): Uint8Array | undefined {
  const key = nibblesOf(path);
  const nodes = new ProofNodes(proof);
  let node = nodes.take(root, 0);
  let depth = 0;
  let mustBranch = false;
  for (;;) {
    const next = step(node, key, depth, mustBranch);
    if (!("child" in next)) {
      nodes.end();
      return next.value;
    }
    ({ depth, mustBranch } = next);
    node = nodes.resolve(next.child, depth);
  }
}
