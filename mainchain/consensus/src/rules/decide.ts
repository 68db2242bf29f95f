import { isNil } from "@ropenet/protocol";
import type { Decision, HeightState, RoundValue } from "../state.ts";
import { assembleCommit } from "../votes/commit.ts";
import { blockOf } from "./blocks.ts";
import type { Rule } from "./transition.ts";

/** L49–L54, in any round; waits until the block is here and was executed. */
export const decide: Rule = (height) => {
  const committed = committedValues(height).find(
    ({ blockId }) => blockOf(height, blockId)?.validity === "valid",
  );
  if (!committed) return null;
  const { round, blockId } = committed;
  const commit = assembleCommit(height.context, height.votes, round, blockId);
  const decision: Decision = { round, blockId, commit };
  return {
    state: { ...height, step: "decided", decision },
    effects: [{ kind: "decide", height: height.context.height, ...decision }],
  };
};

/** Either a third is faulty or execution differs between nodes: going on would fork or stall silently. */
export const haltOnInvalidCommit: Rule = (height) => {
  const committed = committedValues(height).find(
    ({ blockId }) => blockOf(height, blockId)?.validity === "invalid",
  );
  if (!committed) return null;
  return {
    state: { ...height, halted: true },
    effects: [
      {
        kind: "halt",
        reason: "committed-invalid-block",
        height: height.context.height,
        ...committed,
      },
    ],
  };
};

function committedValues(height: HeightState): readonly RoundValue[] {
  const values: RoundValue[] = [];
  for (const [round, { precommits }] of height.votes.rounds) {
    const { majority } = precommits;
    if (majority && !isNil(majority)) values.push({ round, blockId: majority });
  }
  return values;
}
