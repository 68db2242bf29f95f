import { type Commit, equalBytes, type SignedVote, VOTE_TYPE } from "@ropenet/protocol";
import { type HeightContext, validatorIndex } from "../height-context.ts";
import { votesOf } from "./ballot.ts";
import { ballotOf, type VoteKeeper } from "./vote-keeper.ts";

/** Every precommit for `blockId` held now: bitmap over the set, signatures in its order. */
export function assembleCommit(
  context: HeightContext,
  keeper: VoteKeeper,
  round: number,
  blockId: Uint8Array,
): Commit {
  const bitmap = new Uint8Array(Math.ceil(context.validators.length / 8));
  const byIndex = new Map<number, SignedVote>();
  for (const vote of votesOf(ballotOf(keeper, round, VOTE_TYPE.precommit))) {
    if (!equalBytes(vote.blockId, blockId)) continue;
    byIndex.set(validatorIndex(context.validators, vote.validator), vote);
  }
  const signatures: Uint8Array[] = [];
  for (const [index, vote] of [...byIndex].sort(([one], [other]) => one - other)) {
    bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
    signatures.push(vote.signature);
  }
  return { height: context.height, round, blockId, bitmap, signatures };
}
