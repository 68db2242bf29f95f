import type { Module } from "../../module.ts";
import type { CheckpointAttendance, Penalties, Statements } from "../../slices.ts";
import { punishDoubleVote } from "./double-votes.ts";
import { sampleCommit } from "./downtime.ts";
import { createAttendance } from "./missed-checkpoints.ts";
import { reportStatement } from "./report-statement.ts";

export interface SlashingParts {
  readonly penalties: Penalties;
  readonly statements: Statements;
}

/** What validators must not do, and what it costs them. */
export function createSlashingModule(
  parts: SlashingParts,
): Module & { readonly attendance: CheckpointAttendance } {
  const { penalties } = parts;
  return {
    name: "slashing",
    attendance: createAttendance(penalties),
    handlers: {
      "slashing/report-statement": (context, body) => reportStatement(context, body, parts),
    },
    beginBlock(context, block): void {
      for (const evidence of block.evidence) punishDoubleVote(context, evidence, penalties);
      sampleCommit(context, block, penalties);
    },
  };
}
