import {
  type CastVote,
  digest,
  type ElectorateRecord,
  electorateRecordCodec,
  PROPOSAL_STATE,
  type ProposalRecord,
  type Propose,
  proposalRecordCodec,
  SUITE_SM,
  stateKey,
  u64,
  utf8ToBytes,
  voteRecordCodec,
} from "@ropenet/protocol";
import { runningEpoch } from "../../epochs.ts";
import { readGovernanceParameters } from "../../governance-parameters.ts";
import { type Context, readRecord, type TransactionContext, writeRecord } from "../../module.ts";
import type { Coins } from "../../slices.ts";
import { readAction } from "./actions.ts";
import { GovernanceError } from "./errors.ts";

const MARK = Uint8Array.of(1);
const TOP = (1n << 64n) - 1n;

/** An account without a key: deposits lie there while their proposals are open. */
export const DEPOSITS: Uint8Array = digest(
  SUITE_SM,
  "module-account",
  utf8ToBytes("governance"),
).slice(-20);

export function saveProposal({ state }: Context, proposal: ProposalRecord): void {
  writeRecord(state, stateKey.proposal(proposal.proposalId), proposalRecordCodec, proposal);
}

/** Those that are voted on or wait for their time, the oldest first. */
export function openProposals(
  { state }: Pick<Context, "state">,
  limit: number,
): readonly ProposalRecord[] {
  return state.range(stateKey.openProposal(0n), stateKey.openProposal(TOP), limit).map(([key]) => {
    const id = new DataView(key.buffer, key.byteOffset).getBigUint64(key.length - 8);
    const proposal = readRecord(state, stateKey.proposal(id), proposalRecordCodec);
    if (!proposal) throw new Error(`open proposal ${id} has no record`);
    return proposal;
  });
}

/** Who may vote is fixed now: stake that is bought for the vote comes too late. */
export function propose(context: TransactionContext, body: Propose, coins: Coins): void {
  const { state, parameters, sender, height, timeMs } = context;
  const { title, textHash, kind, action } = body;
  if (title.length === 0)
    throw new GovernanceError({ code: "governance/bad-field", field: "title" });
  readAction(kind, action);
  const rules = readGovernanceParameters(state, parameters);
  if (openProposals(context, rules.maxOpen).length >= rules.maxOpen) {
    throw new GovernanceError({ code: "governance/too-many-open", limit: rules.maxOpen });
  }
  coins.take(context, sender, rules.deposit);
  coins.give(context, DEPOSITS, rules.deposit);
  const proposalId = readRecord(state, stateKey.proposalCount(), u64) ?? 0n;
  const { epoch, members } = runningEpoch(state);
  const voters = members.map(({ validator, power }) => ({ validator, power }));
  saveProposal(context, {
    ...{ proposalId, proposer: sender, title, textHash, kind, action, deposit: rules.deposit },
    ...{ state: PROPOSAL_STATE.voting, submittedHeight: height, submittedMs: timeMs, epoch },
    totalPower: voters.reduce((sum, { power }) => sum + power, 0n),
    ...{ endHeight: height + rules.votingBlocks, endMs: timeMs + rules.votingMs },
    ...{ executeAtMs: 0n, endedHeight: 0n, failure: "" },
    ...{ yes: 0n, no: 0n, abstain: 0n, veto: 0n },
  });
  writeRecord(state, stateKey.electorate(proposalId), electorateRecordCodec, { voters });
  state.set(stateKey.openProposal(proposalId), MARK);
  writeRecord(state, stateKey.proposalCount(), u64, proposalId + 1n);
  context.emit("governance.proposed", { proposalId: String(proposalId), title });
}

export function electorateOf({ state }: Context, proposalId: bigint): ElectorateRecord {
  return (
    readRecord(state, stateKey.electorate(proposalId), electorateRecordCodec) ?? { voters: [] }
  );
}

/** The last vote counts. */
export function castVote(context: TransactionContext, { proposalId, option }: CastVote): void {
  const { state, sender, height } = context;
  const proposal = readRecord(state, stateKey.proposal(proposalId), proposalRecordCodec);
  if (!proposal) throw new GovernanceError({ code: "governance/unknown-proposal", proposalId });
  if (proposal.state !== PROPOSAL_STATE.voting) {
    const { state: now } = proposal;
    throw new GovernanceError({ code: "governance/not-voting", proposalId, state: now });
  }
  const isVoter = electorateOf(context, proposalId).voters.some(({ validator }) =>
    validator.every((byte, index) => byte === sender[index]),
  );
  if (!isVoter) throw new GovernanceError({ code: "governance/no-vote", account: sender });
  writeRecord(state, stateKey.vote(proposalId, sender), voteRecordCodec, { option, height });
  context.emit("governance.voted", { proposalId: String(proposalId), option: String(option) });
}
