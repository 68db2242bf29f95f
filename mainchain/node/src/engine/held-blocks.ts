import { bytesToHex } from "@ropenet/protocol";
import type { BoundBlock } from "./block-body.ts";

/** Two heights times a few rounds; each at most 4 MiB. */
const MAX_HELD = 12;

/** Blocks that are proposed but not decided, by id. */
export interface HeldBlocks {
  add(bound: BoundBlock): void;
  get(blockId: Uint8Array): BoundBlock | undefined;
  /** Forgets everything at or below `height`. */
  prune(height: bigint): void;
}

export function createHeldBlocks(): HeldBlocks {
  const held = new Map<string, BoundBlock>();
  return {
    add(bound): void {
      held.set(bytesToHex(bound.blockId), bound);
      if (held.size <= MAX_HELD) return;
      for (const oldest of held.keys()) {
        held.delete(oldest);
        return;
      }
    },
    get: (blockId) => held.get(bytesToHex(blockId)),
    prune(height): void {
      for (const [id, { block }] of held) if (block.header.height <= height) held.delete(id);
    },
  };
}
