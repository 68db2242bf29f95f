import type { ValidatorSet } from "@ropenet/protocol";

/**
 * Who proposes when: a tree whose leaves are the validators and whose nodes carry the power below them.
 *
 * Chosen over CometBFT's priority vector because that is a running sum over all past heights: a restarted
 * node must have stored it and a light replica cannot know it. Here the proposer is a function of
 * (set, height, round) alone, exact in integers, in O(log n).
 *
 * A node visited for the m-th time has sent `round(m · left / power)` visits to its left child, so each
 * child is never more than half a visit off its share. Over any `totalPower` slots in a row every validator
 * gets exactly `power` of them. Weights grow at least like Fibonacci numbers from leaf to root (Huffman), so the
 * halves add up to less than 1.7 slots on a shorter stretch; the worst seen over random stakes is 1.21.
 */
export type Rotation = RotationLeaf | RotationNode;

interface RotationLeaf {
  readonly power: bigint;
  readonly address: Uint8Array;
}

interface RotationNode {
  readonly power: bigint;
  readonly left: Rotation;
  readonly right: Rotation;
}

/** Deterministic for a set sorted by address: ties keep that order. */
export function createRotation(validators: ValidatorSet): Rotation {
  const leaves: Rotation[] = validators
    .map(({ address, power }): RotationLeaf => ({ address, power }))
    .sort((one, other) => (one.power < other.power ? -1 : one.power > other.power ? 1 : 0));
  const merged: Rotation[] = [];
  let leafAt = 0;
  let mergedAt = 0;
  // Both queues ascend in power, so the lightest of all is at the head of one of them.
  const takeLightest = (): Rotation => {
    const leaf = leaves[leafAt];
    const node = merged[mergedAt];
    if (leaf && (!node || leaf.power <= node.power)) {
      leafAt += 1;
      return leaf;
    }
    if (!node) throw new Error("rotation of an empty validator set");
    mergedAt += 1;
    return node;
  };
  for (let joins = leaves.length - 1; joins > 0; joins -= 1) {
    const right = takeLightest();
    const left = takeLightest();
    merged.push({ power: left.power + right.power, left, right });
  }
  return takeLightest();
}

/** Address of the proposer; successive rounds of a height use the slots that follow it. */
export function proposerOf(rotation: Rotation, height: bigint, round: number): Uint8Array {
  let node = rotation;
  let visit = height + BigInt(round);
  while ("left" in node) {
    const before = visitsToLeft(node, visit);
    if (visitsToLeft(node, visit + 1n) > before) {
      node = node.left;
      visit = before;
    } else {
      node = node.right;
      visit -= before;
    }
  }
  return node.address;
}

function visitsToLeft(node: RotationNode, visits: bigint): bigint {
  return (2n * visits * node.left.power + node.power) / (2n * node.power);
}
