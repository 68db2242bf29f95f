import { concatBytes, encode, u16, u64 } from "@ropenet/protocol";

/** One byte keeps what lies in the store apart. */
const SPACE = { value: 1, node: 2, stale: 3, root: 4, index: 5, meta: 6 } as const;

function spaced(space: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(Uint8Array.of(space), ...parts);
}

const n64 = (value: bigint): Uint8Array => encode(u64, value);

/** A trie node is found by the version that wrote it and its place: depth and the path bits above it. */
export function nodeKey(version: bigint, depth: number, path: Uint8Array): Uint8Array {
  const prefix = path.slice(0, Math.ceil(depth / 8));
  const spare = depth % 8;
  const last = prefix.length - 1;
  if (spare !== 0) prefix[last] = (prefix[last] ?? 0) & (0xff << (8 - spare));
  return spaced(SPACE.node, n64(version), encode(u16, depth), prefix);
}

export const valueKey = (key: Uint8Array): Uint8Array => spaced(SPACE.value, key);
export const indexKey = (key: Uint8Array): Uint8Array => spaced(SPACE.index, key);
export const rootKey = (version: bigint): Uint8Array => spaced(SPACE.root, n64(version));
export const metaKey = (name: number): Uint8Array => spaced(SPACE.meta, Uint8Array.of(name));

/** `since` = the first version that no longer uses the node. */
export const staleKey = (since: bigint, node: Uint8Array): Uint8Array =>
  spaced(SPACE.stale, n64(since), node);
export const staleNode = (key: Uint8Array): Uint8Array => key.slice(9);
