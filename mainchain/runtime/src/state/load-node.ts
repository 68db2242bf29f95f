import { pathOf } from "@ropenet/protocol";
import type { ChunkReader } from "./node-chunks.ts";
import { NODE, type TrieNodes } from "./trie-nodes.ts";

/** Fills in a stub from the store; its children become stubs. */
export function loadNode(nodes: TrieNodes, chunks: ChunkReader, node: number): void {
  if (nodes.kind[node] !== NODE.stub) return;
  const stored = chunks.read({
    version: nodes.version[node] as number,
    position: nodes.position[node] as number,
  });
  if (stored.kind === "leaf") {
    nodes.kind[node] = NODE.leaf;
    nodes.setPath(node, pathOf(stored.key));
    return;
  }
  const left = nodes.addStub(stored.left);
  const right = nodes.addStub(stored.right);
  nodes.kind[node] = NODE.inner;
  nodes.start[node] = stored.start;
  nodes.branch[node] = stored.branch;
  nodes.left[node] = left;
  nodes.right[node] = right;
  nodes.setPath(node, stored.path);
}
