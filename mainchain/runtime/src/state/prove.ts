import {
  bitAt,
  encodeStateProof,
  equalBytes,
  firstDifference,
  type KeyValueReader,
  type ProofEnd,
  type ProofStep,
  packBits,
  pathOf,
  sm3,
} from "@ropenet/protocol";
import { ChunkReader } from "./node-chunks.ts";
import type { NodeReference } from "./trie-nodes.ts";

/** The value of `key` under `root`, and its encoded StateProof (of presence or absence). */
export function proveKey(
  reader: KeyValueReader,
  root: NodeReference | undefined,
  key: Uint8Array,
): { readonly value: Uint8Array | undefined; readonly proof: Uint8Array } {
  const chunks = new ChunkReader(reader);
  const path = pathOf(key);
  const steps: ProofStep[] = [];
  let end: ProofEnd = { kind: "empty" };
  let value: Uint8Array | undefined;
  for (let reference = root; reference; ) {
    const node = chunks.read(reference);
    if (node.kind === "leaf") {
      if (equalBytes(node.key, key)) {
        value = node.value;
        end = { kind: "present" };
      } else end = { kind: "other-leaf", key: node.key, valueHash: sm3(node.value) };
      break;
    }
    const { start, branch } = node;
    if (firstDifference(path, node.path, start) < branch) {
      end = {
        kind: "diverging",
        skipLength: branch - start,
        skipBits: packBits(node.path, start, branch),
        left: node.left.hash,
        right: node.right.hash,
      };
      break;
    }
    const goesLeft = bitAt(path, branch) === 0;
    const [next, other] = goesLeft ? [node.left, node.right] : [node.right, node.left];
    steps.push({ skipLength: branch - start, sibling: other.hash });
    reference = next;
  }
  return { value, proof: encodeStateProof({ steps, end }) };
}
