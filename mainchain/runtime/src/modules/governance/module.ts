import { readGovernanceParameters } from "../../governance-parameters.ts";
import type { Module } from "../../module.ts";
import { castVote, openProposals, propose } from "./proposals.ts";
import { type GovernanceParts, runGovernance } from "./tally.ts";

/** Proposals, votes by stake, and what comes of them. Source: docs/governance.md. */
export function createGovernanceModule(parts: GovernanceParts): Module {
  return {
    name: "governance",
    handlers: {
      "governance/propose": (context, body) => propose(context, body, parts.coins),
      "governance/vote": castVote,
    },
    // A vote whose time is over ends with a block, though nobody sends anything.
    wantsBlock: (state, parameters, nowMs) =>
      openProposals({ state }, readGovernanceParameters(state, parameters).maxOpen).some(
        ({ executeAtMs, endMs }) => nowMs >= (executeAtMs === 0n ? endMs : executeAtMs),
      ),
    endBlock: (context) => runGovernance(context, parts),
  };
}
