import {
  LEAF_TYPE,
  type OutboxSummary,
  outboxesTree,
  outboxLeaf,
  outboxTree,
  type Suite,
} from "../../src/index.ts";
import type { AcknowledgementVector, PacketVectors } from "./packets.ts";
import { named, strand } from "./story.ts";

interface LeafVector {
  readonly index: number;
  readonly type: number;
  readonly bodyHash: Uint8Array;
  readonly leaf: Uint8Array;
}

export interface OutboxVector {
  readonly count: number;
  readonly leaves: readonly LeafVector[];
  readonly root: Uint8Array;
  /** of the first, a middle and the last leaf */
  readonly proofs: readonly { readonly index: number; readonly siblings: readonly Uint8Array[] }[];
}

/** Packets and acknowledgements for the strand take turns, as they do on the rope. */
function storyLeaves(
  suite: Suite,
  packets: PacketVectors,
  acknowledgements: readonly AcknowledgementVector[],
): readonly LeafVector[] {
  return Array.from({ length: 9 }, (_, index) => {
    const turn = acknowledgements[Math.floor(index / 3)];
    const isAck = index % 3 === 2 && turn !== undefined;
    const bodyHash = isAck ? turn.hash : packets.toStrand[index]?.hash;
    if (!bodyHash) throw new Error("the story has too few packets");
    const type = isAck ? LEAF_TYPE.acknowledgement : LEAF_TYPE.packet;
    return { index, type, bodyHash, leaf: outboxLeaf(suite, BigInt(index), type, bodyHash) };
  });
}

export function outboxVectors(
  suite: Suite,
  packets: PacketVectors,
  acknowledgements: readonly AcknowledgementVector[],
): readonly OutboxVector[] {
  const all = storyLeaves(suite, packets, acknowledgements);
  return [0, 1, 2, 3, 5, 8, 9].map((count) => {
    const leaves = all.slice(0, count);
    const tree = outboxTree(
      suite,
      leaves.map(({ leaf }) => leaf),
    );
    const proven = [...new Set([0, count >> 1, count - 1])].filter((index) => index in leaves);
    return {
      count,
      leaves,
      root: tree.root,
      proofs: proven.map((index) => ({ index, siblings: tree.path(index) })),
    };
  });
}

export interface OutboxesVector {
  readonly count: number;
  /** sorted by gatewayUid */
  readonly summaries: readonly OutboxSummary[];
  readonly root: Uint8Array;
  readonly paths: readonly { readonly index: number; readonly siblings: readonly Uint8Array[] }[];
}

/** Roots over 0 to 5 gateways; the strand of the story is always the first to join. */
export function outboxesVectors(suite: Suite, outbox: OutboxVector): readonly OutboxesVector[] {
  const own = { gatewayUid: strand, count: BigInt(outbox.count), root: outbox.root };
  const others = [1, 2, 3, 4].map((index) => ({
    gatewayUid: named(`gateway ${index}`),
    count: BigInt(index) * 1_000n,
    root: named(`outbox root ${index}`),
  }));
  return [0, 1, 2, 3, 5].map((count) => {
    const tree = outboxesTree(suite, [own, ...others].slice(0, count));
    const paths = tree.sorted.map((_, index) => ({ index, siblings: tree.path(index) }));
    return { count, summaries: tree.sorted, root: tree.root, paths };
  });
}
