import {
  encode,
  PROPOSALS,
  type ProposalActions,
  type ProposalKind,
  type ProposalRecord,
  proposalRecordCodec,
  stateKey,
  VOTE,
  type VoteOption,
} from "@ropenet/protocol";
import { seed, type TestAccount } from "./accounts.ts";
import { alice, validators } from "./genesis.ts";
import { type Plan, plan, RopeBench } from "./rope-bench.ts";

export const voters: readonly TestAccount[] = validators.map(({ consensus }) => consensus);

export function proposal<K extends ProposalKind>(
  kind: K,
  action: ProposalActions[K],
  from = alice,
): Plan {
  const { type, codec } = PROPOSALS[kind];
  return plan(from, "governance/propose", {
    ...{ title: `change: ${kind}`, textHash: seed("argument"), kind: type },
    action: encode(codec, action),
  });
}

export const vote = (from: TestAccount, option: VoteOption, proposalId = 0n): Plan =>
  plan(from, "governance/vote", { proposalId, option });

/** Validators have coins for their votes' fees. */
export function endow(rope: RopeBench): RopeBench {
  const give = ({ address }: TestAccount): Plan =>
    plan(alice, "accounts/transfer", { to: address, amount: 10n ** 9n });
  rope.do(...voters.map(give));
  return rope;
}

export const createGoverned = (): RopeBench => endow(RopeBench.create());

export function read(rope: RopeBench, proposalId = 0n): ProposalRecord {
  return rope.must(stateKey.proposal(proposalId), proposalRecordCodec);
}

/** Blocks until both ends of the vote have passed. */
export function endVote(rope: RopeBench, proposalId = 0n): void {
  const { endHeight, endMs } = read(rope, proposalId);
  while (rope.height < endHeight - 1n) rope.do();
  rope.at(endMs > rope.timeMs + 1_000n ? endMs : rope.timeMs + 1_000n);
}

/** Proposed, agreed by everybody, counted, and carried out after its delay. */
export function pass(rope: RopeBench, proposed: Plan, proposalId = 0n): ProposalRecord {
  rope.do(proposed);
  rope.do(...voters.map((voter) => vote(voter, VOTE.yes, proposalId)));
  endVote(rope, proposalId);
  const { executeAtMs } = read(rope, proposalId);
  if (executeAtMs > rope.timeMs) rope.at(executeAtMs);
  return read(rope, proposalId);
}
