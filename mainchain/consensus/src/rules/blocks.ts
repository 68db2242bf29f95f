import { bytesToHex, isNil, VOTE_TYPE } from "@ropenet/protocol";
import type { BlockRecord, HeightState } from "../state.ts";
import { ballotOf } from "../votes/vote-keeper.ts";
import type { Rule } from "./transition.ts";

export function blockOf(height: HeightState, blockId: Uint8Array): BlockRecord | undefined {
  return height.blocks.get(bytesToHex(blockId));
}

export function withBlock(height: HeightState, record: BlockRecord): HeightState {
  return { ...height, blocks: new Map(height.blocks).set(bytesToHex(record.blockId), record) };
}

/** valid(v): only for the proposal of the current round, so that a proposer cannot order work ahead. */
export const validateProposal: Rule = (height) => {
  const proposal = height.proposals.get(height.round);
  if (!proposal || blockOf(height, proposal.blockId)) return null;
  const { blockId } = proposal;
  return {
    state: withBlock(height, { blockId, validity: "unknown", requested: false }),
    effects: [
      { kind: "validateBlock", height: height.context.height, round: height.round, blockId },
    ],
  };
};

/** Two thirds know a block that is missing here: without it neither L36 nor L49 can fire. */
export const requestMissingBlock: Rule = (height) => {
  const missing = wantedBlocks(height).find((blockId) => {
    const record = blockOf(height, blockId);
    return !record || (record.validity === "unknown" && !record.requested);
  });
  if (!missing) return null;
  return {
    state: withBlock(height, { blockId: missing, validity: "unknown", requested: true }),
    effects: [{ kind: "requestBlock", height: height.context.height, blockId: missing }],
  };
};

function wantedBlocks(height: HeightState): readonly Uint8Array[] {
  const wanted = [...height.votes.rounds.values()].map(({ precommits }) => precommits.majority);
  wanted.push(ballotOf(height.votes, height.round, VOTE_TYPE.prevote).majority);
  return wanted.filter((blockId) => blockId !== null && !isNil(blockId)) as Uint8Array[];
}
