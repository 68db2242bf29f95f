import { bytesToHex, compareBytes, equalBytes } from "@ropenet/crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type OutboxProof,
  type OutboxSummary,
  outboxesRootFrom,
  outboxesTree,
  outboxLeaf,
  outboxNode,
  outboxRootFrom,
  outboxTree,
  type Suite,
  ZERO_32,
  zeroSubtrees,
} from "../../src/index.ts";
import * as arbitrary from "../arbitraries.ts";
import { codeOf } from "../coded.ts";

const suites: readonly Suite[] = [1, 2];
const leavesOf = (suite: Suite, bodies: readonly Uint8Array[]): Uint8Array[] =>
  bodies.map((body, index) => outboxLeaf(suite, BigInt(index), 1, body));

/** The frontier algorithm of docs/protocol.md §9 as a gateway would write it, one leaf at a time. */
function appendAll(suite: Suite, leaves: readonly Uint8Array[]): Uint8Array {
  const frontier: Uint8Array[] = [];
  const zeros = zeroSubtrees(suite);
  let root = zeros[32] ?? ZERO_32;
  for (const [index, leaf] of leaves.entries()) {
    let node = leaf;
    let isStored = false;
    for (let level = 0; level < 32; level += 1) {
      if (((index >> level) & 1) === 0) {
        if (!isStored) frontier[level] = node;
        isStored = true;
        node = outboxNode(suite, node, zeros[level] ?? ZERO_32);
      } else {
        node = outboxNode(suite, frontier[level] ?? ZERO_32, node);
      }
    }
    root = node;
  }
  return root;
}

describe.each(suites)("outbox of suite %i", (suite) => {
  test("starts at the root of the empty tree", () => {
    expect(outboxTree(suite, []).root).toEqual(zeroSubtrees(suite)[32]);
  });

  test("has the root of the incremental tree, and a path for every leaf", () => {
    fc.assert(
      fc.property(fc.array(arbitrary.b32, { minLength: 1, maxLength: 13 }), (bodies) => {
        const leaves = leavesOf(suite, bodies);
        const tree = outboxTree(suite, leaves);
        expect(equalBytes(tree.root, appendAll(suite, leaves))).toBe(true);
        for (const [index, leaf] of leaves.entries()) {
          const root = outboxRootFrom(suite, leaf, BigInt(index), tree.path(index));
          expect(equalBytes(root, tree.root)).toBe(true);
        }
      }),
      { numRuns: suite === 1 ? 8 : 4 },
    );
  });

  test("keeps the leaf type, the index and the body in the leaf", () => {
    const body = new Uint8Array(32).fill(1);
    const leaves = [
      outboxLeaf(suite, 0n, 1, body),
      outboxLeaf(suite, 0n, 2, body),
      outboxLeaf(suite, 1n, 1, body),
      outboxLeaf(suite, 0n, 1, ZERO_32),
    ];
    expect(new Set(leaves.map(bytesToHex)).size).toBe(4);
  });
});

const summary = fc.record({ gatewayUid: arbitrary.b32, count: arbitrary.u64, root: arbitrary.b32 });

function story(others: readonly OutboxSummary[], count = 5, leafIndex = 3) {
  const gatewayUid = new Uint8Array(32).fill(0x77);
  const bodies = Array.from({ length: count }, (_, index) => new Uint8Array(32).fill(index));
  const outbox = outboxTree(1, leavesOf(1, bodies));
  const own = { gatewayUid, count: BigInt(count), root: outbox.root };
  const tree = outboxesTree(1, [own, ...others]);
  const outboxesIndex = tree.sorted.indexOf(own);
  const proof: OutboxProof = {
    leafIndex: BigInt(leafIndex),
    leafType: 1,
    siblings: outbox.path(leafIndex),
    outboxCount: BigInt(count),
    outboxesIndex,
    outboxesCount: tree.sorted.length,
    outboxesSiblings: tree.path(outboxesIndex),
    checkpointHeight: 1n,
  };
  return { gatewayUid, bodyHash: bodies[leafIndex] ?? ZERO_32, root: tree.root, proof };
}

describe("outboxes", () => {
  test("lead from any leaf of any gateway to one root, in whatever order they were listed", () => {
    const others = fc.uniqueArray(summary, {
      maxLength: 6,
      selector: (one) => String(one.gatewayUid),
    });
    fc.assert(
      fc.property(others, fc.nat(4), (list, leafIndex) => {
        const { gatewayUid, bodyHash, root, proof } = story(list, 5, leafIndex);
        expect(outboxesRootFrom(1, gatewayUid, bodyHash, proof)).toEqual(root);
        expect(story(list.toReversed(), 5, leafIndex).root).toEqual(root);
      }),
      { numRuns: 15 },
    );
  });

  test("are sorted by gateway", () => {
    const uids = [5, 1, 9, 3].map((byte) => new Uint8Array(32).fill(byte));
    const { sorted } = outboxesTree(
      2,
      uids.map((gatewayUid) => ({ gatewayUid, count: 0n, root: ZERO_32 })),
    );
    expect(sorted.map((one) => one.gatewayUid)).toEqual(uids.toSorted(compareBytes));
  });

  test("have a root of their own for no gateway, and commit to how many there are", () => {
    const one = { gatewayUid: new Uint8Array(32).fill(1), count: 1n, root: ZERO_32 };
    const roots = [[], [one], [one, { ...one, gatewayUid: new Uint8Array(32).fill(2) }]].map(
      (list) => bytesToHex(outboxesTree(1, list).root),
    );
    expect(new Set(roots).size).toBe(3);
    expect(roots).not.toContain(bytesToHex(ZERO_32));
  });

  const { gatewayUid, bodyHash, root, proof } = story(
    [1, 2, 3, 4].map((byte) => ({
      gatewayUid: new Uint8Array(32).fill(byte),
      count: BigInt(byte),
      root: new Uint8Array(32).fill(byte),
    })),
  );
  const [first = ZERO_32, ...rest] = proof.siblings;

  test.each<readonly [string, Partial<OutboxProof>]>([
    ["a leaf index off by one", { leafIndex: 2n }],
    ["an acknowledgement for a packet", { leafType: 2 }],
    ["another count", { outboxCount: 6n }],
    ["another sibling", { siblings: [ZERO_32, ...rest] }],
    ["siblings in another order", { siblings: [...rest, first] }],
    ["another position among the gateways", { outboxesIndex: 0 }],
    ["another number of gateways", { outboxesCount: 6 }],
    ["another path among the gateways", { outboxesSiblings: proof.outboxesSiblings.toReversed() }],
  ])("do not lead to the root with %s", (_name, change) => {
    expect(outboxesRootFrom(1, gatewayUid, bodyHash, { ...proof, ...change })).not.toEqual(root);
  });

  test("do not lead to the root for another gateway, body or suite", () => {
    expect(outboxesRootFrom(1, ZERO_32, bodyHash, proof)).not.toEqual(root);
    expect(outboxesRootFrom(1, gatewayUid, ZERO_32, proof)).not.toEqual(root);
    expect(outboxesRootFrom(2, gatewayUid, bodyHash, proof)).not.toEqual(root);
  });

  test.each<readonly [string, Partial<OutboxProof>]>([
    ["a leaf beyond the count", { leafIndex: 5n }],
    ["a count beyond the tree", { outboxCount: 2n ** 32n + 1n, leafIndex: 2n ** 32n }],
    ["31 siblings", { siblings: proof.siblings.slice(1) }],
    ["33 siblings", { siblings: [...proof.siblings, ZERO_32] }],
    ["a position beyond the gateways", { outboxesIndex: 5 }],
    ["a gateway path too short", { outboxesSiblings: proof.outboxesSiblings.slice(1) }],
    ["a gateway path too long", { outboxesSiblings: [...proof.outboxesSiblings, ZERO_32] }],
    ["no gateway at all", { outboxesIndex: 0, outboxesCount: 0, outboxesSiblings: [] }],
  ])("are refused for the shape of the proof: %s", (_name, change) => {
    expect(codeOf(() => outboxesRootFrom(1, gatewayUid, bodyHash, { ...proof, ...change }))).toBe(
      "outbox/bad-proof-shape",
    );
  });
});
