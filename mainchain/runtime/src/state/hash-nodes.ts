import { concatBytes, encode, packBits, sm3Many, sm3Rows, tagBytes, u16 } from "@ropenet/protocol";
import type { TrieNodes } from "./trie-nodes.ts";

const HASH_BYTES = 32;
const LEAF_TAG = tagBytes("trie-leaf");
const INNER_TAG = tagBytes("trie-inner");
/** tag, start u16, skip length u16 */
const INNER_HEAD_BYTES = HASH_BYTES + 4;

/** In order. The same as `hashLeaf`, many at once. */
export function hashLeaves(
  leaves: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[],
): readonly Uint8Array[] {
  const values = sm3Many(leaves.map(({ value }) => value));
  return sm3Many(
    leaves.map(({ key }, index) =>
      concatBytes(LEAF_TAG, encode(u16, key.length), key, values[index] as Uint8Array),
    ),
  );
}

/** Sets the hashes of inner nodes whose children have theirs. The same as `hashInner`, many at once. */
export function hashInners(nodes: TrieNodes, inners: readonly number[]): void {
  const byLength = new Map<number, number[]>();
  for (const node of inners) {
    const skip = (nodes.branch[node] as number) - (nodes.start[node] as number);
    const bytes = (skip + 7) >> 3;
    const alike = byLength.get(bytes);
    if (alike) alike.push(node);
    else byLength.set(bytes, [node]);
  }
  for (const [skipBytes, alike] of byLength) hashAlike(nodes, alike, skipBytes);
}

function hashAlike(nodes: TrieNodes, inners: readonly number[], skipBytes: number): void {
  const rowBytes = INNER_HEAD_BYTES + skipBytes + 2 * HASH_BYTES;
  const rows = new Uint8Array(inners.length * rowBytes);
  const view = new DataView(rows.buffer);
  for (let row = 0; row < inners.length; row += 1) {
    const node = inners[row] as number;
    const at = row * rowBytes;
    const start = nodes.start[node] as number;
    const branch = nodes.branch[node] as number;
    for (let index = 0; index < HASH_BYTES; index += 1)
      rows[at + index] = INNER_TAG[index] as number;
    view.setUint16(at + HASH_BYTES, start);
    view.setUint16(at + HASH_BYTES + 2, branch - start);
    if (skipBytes > 0) rows.set(packBits(nodes.pathOf(node), start, branch), at + INNER_HEAD_BYTES);
    const children = at + INNER_HEAD_BYTES + skipBytes;
    copyHash(nodes, nodes.left[node] as number, rows, children);
    copyHash(nodes, nodes.right[node] as number, rows, children + HASH_BYTES);
  }
  const hashes = new Uint8Array(inners.length * HASH_BYTES);
  sm3Rows(rows, rowBytes, hashes);
  for (let index = 0; index < inners.length; index += 1) {
    nodes.setHash(inners[index] as number, hashes, index * HASH_BYTES);
  }
}

function copyHash(nodes: TrieNodes, node: number, to: Uint8Array, at: number): void {
  const { hash } = nodes;
  const from = node * HASH_BYTES;
  // Faster than `set` of a subarray, which is an object each time.
  for (let index = 0; index < HASH_BYTES; index += 1) to[at + index] = hash[from + index] as number;
}
