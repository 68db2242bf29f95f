import { bytesToHex } from "@ropenet/protocol";
import type { BoundBlock } from "./block-body.ts";

/** Offered blocks that nobody has judged yet: two heights times a few rounds; each at most 4 MiB. */
const MAX_OFFERED = 12;

/** Blocks that are proposed but not decided, by id. */
export interface HeldBlocks {
  /** One that a proposer sent. Later ones push it out: a proposer can send many. */
  offer(bound: BoundBlock): void;
  /** One that was found valid: it may be decided any time, so nothing pushes it out before its height is over. */
  keep(bound: BoundBlock): void;
  get(blockId: Uint8Array): BoundBlock | undefined;
  /** Forgets everything at or below `height`. */
  prune(height: bigint): void;
}

export function createHeldBlocks(): HeldBlocks {
  const offered = new Map<string, BoundBlock>();
  const kept = new Map<string, BoundBlock>();
  return {
    offer(bound): void {
      const id = bytesToHex(bound.blockId);
      if (kept.has(id)) return;
      offered.set(id, bound);
      if (offered.size <= MAX_OFFERED) return;
      for (const oldest of offered.keys()) {
        offered.delete(oldest);
        return;
      }
    },
    keep(bound): void {
      const id = bytesToHex(bound.blockId);
      offered.delete(id);
      kept.set(id, bound);
    },
    get(blockId): BoundBlock | undefined {
      const id = bytesToHex(blockId);
      return kept.get(id) ?? offered.get(id);
    },
    prune(height): void {
      for (const blocks of [offered, kept]) {
        for (const [id, { block }] of blocks) {
          if (block.header.height <= height) blocks.delete(id);
        }
      }
    },
  };
}
