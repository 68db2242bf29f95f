import type { KeyValueReader } from "@ropenet/protocol";
import { ChunkReader } from "./node-chunks.ts";
import { rootAt } from "./state-store.ts";
import type { NodeReference } from "./trie-nodes.ts";

export type StateEntry = readonly [key: Uint8Array, value: Uint8Array];

/**
 * Every key of the state after `height` with its value, in the order of the tree: by SM3(key). One root is walked,
 * so blocks that are committed between two steps change nothing.
 * @throws {CodedError} `state/height-unknown`, `state/height-pruned`
 */
export function* stateEntries(reader: KeyValueReader, height: bigint): Generator<StateEntry> {
  const chunks = new ChunkReader(reader);
  const root = rootAt(reader, height);
  const waiting: NodeReference[] = root ? [root] : [];
  for (let reference = waiting.pop(); reference; reference = waiting.pop()) {
    const node = chunks.read(reference);
    if (node.kind === "leaf") yield [node.key, node.value];
    else waiting.push(node.right, node.left);
  }
}
