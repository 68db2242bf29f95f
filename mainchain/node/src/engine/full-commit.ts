import { type State, votesFor } from "@ropenet/consensus";
import {
  type Commit,
  equalBytes,
  type SignedVote,
  type ValidatorSet,
  VOTE_TYPE,
} from "@ropenet/protocol";

/**
 * The commit of the previous height with the precommits that came after the decision. A validator that is merely
 * slow must not look absent: presence is what downtime is counted from.
 */
export function fullCommit(state: State, validators: ValidatorSet, decided: Commit): Commit {
  const late = votesFor(state, decided.height, decided.round).filter(
    (vote) => vote.type === VOTE_TYPE.precommit && equalBytes(vote.blockId, decided.blockId),
  );
  if (late.length <= decided.signatures.length) return decided;
  const bitmap = new Uint8Array(decided.bitmap.length);
  const signatures: Uint8Array[] = [];
  for (const [index, { address }] of validators.entries()) {
    const vote = late.find((one: SignedVote) => equalBytes(one.validator, address));
    if (!vote) continue;
    bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
    signatures.push(vote.signature);
  }
  return { ...decided, bitmap, signatures };
}
