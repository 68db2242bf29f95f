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
import type { InnerNode, NodeReference } from "./trie-node.ts";
import { loadNode } from "./update-trie.ts";

function hashOf(child: InnerNode["left"]): Uint8Array {
  if (child.kind !== "stored") throw new Error("a stored node has stored children");
  return child.reference.hash;
}

/** The value of `key` under `root`, and its encoded StateProof (of presence or absence). */
export function proveKey(
  reader: KeyValueReader,
  root: NodeReference | undefined,
  key: Uint8Array,
): { readonly value: Uint8Array | undefined; readonly proof: Uint8Array } {
  const path = pathOf(key);
  const steps: ProofStep[] = [];
  let end: ProofEnd = { kind: "empty" };
  let value: Uint8Array | undefined;
  let depth = 0;
  for (let reference = root; reference; ) {
    const node = loadNode(reader, reference, depth, path);
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
        left: hashOf(node.left),
        right: hashOf(node.right),
      };
      break;
    }
    const goesLeft = bitAt(path, branch) === 0;
    const [next, other] = goesLeft ? [node.left, node.right] : [node.right, node.left];
    steps.push({ skipLength: branch - start, sibling: hashOf(other) });
    if (next.kind !== "stored") throw new Error("a stored node has stored children");
    reference = next.reference;
    depth = branch + 1;
  }
  return { value, proof: encodeStateProof({ steps, end }) };
}
