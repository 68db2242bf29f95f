import {
  CodedError,
  type GovernanceParametersRecord,
  PROPOSAL_STATE,
  type ProposalRecord,
  type ProposalState,
  stateKey,
  VOTE,
  type VoteTally,
  voteRecordCodec,
} from "@ropenet/protocol";
import { readGovernanceParameters } from "../../governance-parameters.ts";
import { type Context, readRecord } from "../../module.ts";
import type { Coins, Supply } from "../../slices.ts";
import { carryOut, type GovernedSlices, isImmediate, readAction } from "./actions.ts";
import { DEPOSITS, electorateOf, openProposals, saveProposal } from "./proposals.ts";

const WHOLE = 10_000n;
const { passed, rejected, vetoed, withoutQuorum } = PROPOSAL_STATE;

/** Powers as they were when the proposal came; at most one reading per voter. */
function count(context: Context, proposalId: bigint): VoteTally {
  const tally = { yes: 0n, no: 0n, abstain: 0n, veto: 0n };
  for (const { validator, power } of electorateOf(context, proposalId).voters) {
    const vote = readRecord(context.state, stateKey.vote(proposalId, validator), voteRecordCodec);
    if (vote?.option === VOTE.yes) tally.yes += power;
    else if (vote?.option === VOTE.no) tally.no += power;
    else if (vote?.option === VOTE.abstain) tally.abstain += power;
    else if (vote?.option === VOTE.veto) tally.veto += power;
  }
  return tally;
}

/** Source: docs/governance.md §1. */
export function outcome(
  { yes, no, abstain, veto }: VoteTally,
  totalPower: bigint,
  rules: Pick<
    GovernanceParametersRecord,
    "quorumBasisPoints" | "thresholdBasisPoints" | "vetoBasisPoints"
  >,
): ProposalState {
  const cast = yes + no + abstain + veto;
  if (cast === 0n || cast * WHOLE < totalPower * BigInt(rules.quorumBasisPoints))
    return withoutQuorum;
  if (veto * WHOLE > cast * BigInt(rules.vetoBasisPoints)) return vetoed;
  const decided = yes + no + veto;
  return yes * WHOLE > decided * BigInt(rules.thresholdBasisPoints) ? passed : rejected;
}

function settleDeposit(
  context: Context,
  { proposer, deposit }: ProposalRecord,
  state: ProposalState,
  { coins, supply }: { readonly coins: Coins; readonly supply: Supply },
): void {
  coins.take(context, DEPOSITS, deposit);
  if (state === vetoed || state === withoutQuorum) supply.burn(context, deposit);
  else coins.give(context, proposer, deposit);
}

function end(context: Context, proposal: ProposalRecord, change: Partial<ProposalRecord>): void {
  const { proposalId } = proposal;
  context.state.delete(stateKey.openProposal(proposalId));
  const ended = { ...proposal, ...change, endedHeight: context.height };
  saveProposal(context, ended);
  context.emit("governance.ended", {
    ...{ proposalId: String(proposalId), state: String(ended.state) },
    failure: ended.failure,
  });
}

export interface GovernanceParts extends GovernedSlices {
  readonly coins: Coins;
  readonly supply: Supply;
}

function close(context: Context, proposal: ProposalRecord, parts: GovernanceParts): void {
  const { state, parameters, timeMs } = context;
  const { proposalId, kind, action, totalPower } = proposal;
  const rules = readGovernanceParameters(state, parameters);
  const tally = count(context, proposalId);
  const result = outcome(tally, totalPower, rules);
  state.delete(stateKey.electorate(proposalId));
  settleDeposit(context, proposal, result, parts);
  const counted = { ...proposal, ...tally, state: result };
  if (result !== passed) {
    end(context, counted, {});
    return;
  }
  const delayMs = isImmediate(readAction(kind, action)) ? 0n : rules.delayMs;
  const waiting = { ...counted, executeAtMs: timeMs + delayMs };
  saveProposal(context, waiting);
  context.emit("governance.passed", {
    proposalId: String(proposalId),
    executeAtMs: String(waiting.executeAtMs),
  });
  if (delayMs === 0n) execute(context, waiting, parts);
}

function execute(context: Context, proposal: ProposalRecord, parts: GovernanceParts): void {
  const { executed, failed } = PROPOSAL_STATE;
  try {
    carryOut(context, readAction(proposal.kind, proposal.action), parts);
    end(context, proposal, { state: executed });
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    end(context, proposal, { state: failed, failure: error.code });
  }
}

const isOver = ({ endHeight, endMs }: ProposalRecord, height: bigint, timeMs: bigint): boolean =>
  height >= endHeight && timeMs >= endMs;

/** Votes that are over are counted, and what has waited long enough is carried out: at most `maxOpen` in a block. */
export function runGovernance(context: Context, parts: GovernanceParts): void {
  const { state, parameters, height, timeMs } = context;
  const { maxOpen } = readGovernanceParameters(state, parameters);
  for (const proposal of openProposals(context, maxOpen)) {
    if (proposal.state === PROPOSAL_STATE.voting) {
      if (isOver(proposal, height, timeMs)) close(context, proposal, parts);
    } else if (timeMs >= proposal.executeAtMs) {
      execute(context, proposal, parts);
    }
  }
}
