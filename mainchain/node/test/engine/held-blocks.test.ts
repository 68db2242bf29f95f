import { EMPTY_COMMIT, ZERO_32 } from "@ropenet/protocol";
import { expect, it } from "vitest";
import { type BoundBlock, bindBlock } from "../../src/engine/block-body.ts";
import { createHeldBlocks } from "../../src/engine/held-blocks.ts";

function block(height: bigint, timeMs: bigint): BoundBlock {
  const header = {
    protocolVersion: 1,
    chainId: ZERO_32,
    height,
    timeMs,
    lastBlockId: ZERO_32,
    stateRoot: ZERO_32,
    validatorsHash: ZERO_32,
    nextValidatorsHash: ZERO_32,
    proposer: new Uint8Array(20),
  };
  return bindBlock(header, { lastCommit: EMPTY_COMMIT, evidence: [], transactions: [] });
}

it("keeps a valid block whatever else is offered, until its height is over", () => {
  const held = createHeldBlocks();
  const [valid, first] = [block(5n, 1n), block(5n, 2n)];
  held.offer(valid);
  held.keep(valid);
  held.offer(first);
  for (let time = 3n; time < 100n; time += 1n) held.offer(block(6n, time));
  expect(held.get(valid.blockId)).toBe(valid);
  expect(held.get(first.blockId)).toBeUndefined();
  expect(held.get(block(6n, 99n).blockId)).toBeDefined();
  held.prune(5n);
  expect(held.get(valid.blockId)).toBeUndefined();
  expect(held.get(block(6n, 99n).blockId)).toBeDefined();
});
