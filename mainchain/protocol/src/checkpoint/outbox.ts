import { CodedError, compareBytes } from "@ropenet/crypto";
import { encode, u32, u64 } from "../codec/codec.ts";
import { digest, type Suite, ZERO_32 } from "../hash.ts";

export const OUTBOX_DEPTH: 32 = 32;
export const LEAF_TYPE: { readonly packet: 1; readonly acknowledgement: 2 } = {
  packet: 1,
  acknowledgement: 2,
};

const zeroTrees = new Map<Suite, readonly Uint8Array[]>();

/** zeroSubtrees(suite)[l] = root of an empty tree of height l. */
export function zeroSubtrees(suite: Suite): readonly Uint8Array[] {
  const known = zeroTrees.get(suite);
  if (known) return known;
  const levels: Uint8Array[] = [ZERO_32];
  for (let level = 0; level < OUTBOX_DEPTH; level += 1) {
    const below = levels[level] ?? ZERO_32;
    levels.push(digest(suite, "outbox-node", below, below));
  }
  zeroTrees.set(suite, levels);
  return levels;
}

/** D(outbox-leaf, index ‖ type ‖ bodyHash). */
export function outboxLeaf(
  suite: Suite,
  index: bigint,
  type: number,
  bodyHash: Uint8Array,
): Uint8Array {
  return digest(suite, "outbox-leaf", encode(u64, index), Uint8Array.of(type), bodyHash);
}

export function outboxNode(suite: Suite, left: Uint8Array, right: Uint8Array): Uint8Array {
  return digest(suite, "outbox-node", left, right);
}

/** Root of the depth-32 tree from a leaf and its 32 siblings, leaf level first. */
export function outboxRootFrom(
  suite: Suite,
  leaf: Uint8Array,
  index: bigint,
  siblings: readonly Uint8Array[],
): Uint8Array {
  if (siblings.length !== OUTBOX_DEPTH) throw new Error(`expected ${OUTBOX_DEPTH} siblings`);
  let node = leaf;
  for (const [level, sibling] of siblings.entries()) {
    const isRight = ((index >> BigInt(level)) & 1n) === 1n;
    node = isRight ? outboxNode(suite, sibling, node) : outboxNode(suite, node, sibling);
  }
  return node;
}

/** A whole outbox in memory: `path(index)` = the 32 siblings of a leaf, leaf level first. */
export interface OutboxTree {
  readonly root: Uint8Array;
  path(index: number): readonly Uint8Array[];
}

/** The depth-32 tree over `leaves` (see outboxLeaf), in the order of their indexes. */
export function outboxTree(suite: Suite, leaves: readonly Uint8Array[]): OutboxTree {
  const zeros = zeroSubtrees(suite);
  const levels: (readonly Uint8Array[])[] = [leaves];
  for (let level = 0; level < OUTBOX_DEPTH; level += 1) {
    const below = levels[level] ?? [];
    const zero = zeros[level] ?? ZERO_32;
    levels.push(
      Array.from({ length: Math.ceil(below.length / 2) }, (_, index) =>
        outboxNode(suite, below[2 * index] ?? zero, below[2 * index + 1] ?? zero),
      ),
    );
  }
  return {
    root: levels[OUTBOX_DEPTH]?.[0] ?? zeros[OUTBOX_DEPTH] ?? ZERO_32,
    path(index: number): readonly Uint8Array[] {
      return zeros.slice(0, OUTBOX_DEPTH).map((zero, level) => {
        const sibling = Math.floor(index / 2 ** level) ^ 1;
        return levels[level]?.[sibling] ?? zero;
      });
    },
  };
}

export interface OutboxSummary {
  readonly gatewayUid: Uint8Array;
  readonly count: bigint;
  readonly root: Uint8Array;
}

function summaryLeaf(suite: Suite, summary: OutboxSummary): Uint8Array {
  return digest(
    suite,
    "outboxes-leaf",
    summary.gatewayUid,
    encode(u64, summary.count),
    summary.root,
  );
}

function nextPowerOfTwo(count: number): number {
  let size = 1;
  while (size < count) size *= 2;
  return size;
}

/** Root over every gateway of one suite, and the path of each. Source: docs/protocol.md §9. */
export interface OutboxesTree {
  readonly root: Uint8Array;
  readonly sorted: readonly OutboxSummary[];
  path(index: number): readonly Uint8Array[];
}

export function outboxesTree(suite: Suite, summaries: readonly OutboxSummary[]): OutboxesTree {
  const sorted = summaries.toSorted((left, right) =>
    compareBytes(left.gatewayUid, right.gatewayUid),
  );
  const levels: Uint8Array[][] = [];
  let level: Uint8Array[] = sorted.map((summary) => summaryLeaf(suite, summary));
  while (level.length < nextPowerOfTwo(sorted.length)) level.push(ZERO_32);
  levels.push(level);
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let index = 0; index < level.length; index += 2) {
      above.push(
        digest(suite, "outboxes-node", level[index] ?? ZERO_32, level[index + 1] ?? ZERO_32),
      );
    }
    levels.push(above);
    level = above;
  }
  const top = level[0] ?? ZERO_32;
  return {
    root: digest(suite, "outboxes-root", encode(u32, sorted.length), top),
    sorted,
    path(index: number): readonly Uint8Array[] {
      const siblings: Uint8Array[] = [];
      let at = index;
      for (const nodes of levels.slice(0, -1)) {
        siblings.push(nodes[at ^ 1] ?? ZERO_32);
        at >>= 1;
      }
      return siblings;
    },
  };
}

/** Everything a gateway needs to accept one leaf under a checkpoint that it has accepted. */
export interface OutboxProof {
  readonly leafIndex: bigint;
  readonly leafType: number;
  readonly siblings: readonly Uint8Array[];
  readonly outboxCount: bigint;
  readonly outboxesIndex: number;
  readonly outboxesCount: number;
  readonly outboxesSiblings: readonly Uint8Array[];
  /** height of the checkpoint under which the path holds */
  readonly checkpointHeight: bigint;
}

export type OutboxErrorInfo = { readonly code: "outbox/bad-proof-shape" };

/** A proof with an extra, missing or unused part. */
export class OutboxError extends CodedError<OutboxErrorInfo> {}

function checkShape(proof: OutboxProof): void {
  const isSound =
    proof.leafIndex < proof.outboxCount &&
    proof.outboxCount <= 2n ** BigInt(OUTBOX_DEPTH) &&
    proof.siblings.length === OUTBOX_DEPTH &&
    proof.outboxesIndex < proof.outboxesCount &&
    2 ** proof.outboxesSiblings.length === nextPowerOfTwo(proof.outboxesCount);
  if (!isSound) throw new OutboxError({ code: "outbox/bad-proof-shape" });
}

/**
 * The outboxesRoot to which a proof leads from `bodyHash` in the outbox of `gatewayUid`;
 * the caller compares it with the root of a checkpoint that it has accepted.
 * @throws {OutboxError} unless every part of the proof is used
 */
export function outboxesRootFrom(
  suite: Suite,
  gatewayUid: Uint8Array,
  bodyHash: Uint8Array,
  proof: OutboxProof,
): Uint8Array {
  checkShape(proof);
  const leaf = outboxLeaf(suite, proof.leafIndex, proof.leafType, bodyHash);
  const root = outboxRootFrom(suite, leaf, proof.leafIndex, proof.siblings);
  let node = summaryLeaf(suite, { gatewayUid, count: proof.outboxCount, root });
  for (const [level, sibling] of proof.outboxesSiblings.entries()) {
    const isRight = ((proof.outboxesIndex >> level) & 1) === 1;
    node = isRight
      ? digest(suite, "outboxes-node", sibling, node)
      : digest(suite, "outboxes-node", node, sibling);
  }
  return digest(suite, "outboxes-root", encode(u32, proof.outboxesCount), node);
}
