import type { Effect } from "@ropenet/consensus";
import { equalBytes, type SignedVote, VOTE_TYPE } from "@ropenet/protocol";
import type { Ledger } from "./ledger.ts";
import type { Signer } from "./signer.ts";
import type { WalRecord } from "./wal-record.ts";

/** This node's own signature below the last block. */
function ownPrecommit(
  ledger: Pick<Ledger, "tip" | "blocks">,
  self: Uint8Array,
): SignedVote | undefined {
  const { header, commit } = ledger.tip();
  const validators = (header && ledger.blocks.validators(header.validatorsHash)) ?? [];
  const has = (index: number): boolean =>
    (((commit.bitmap[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
  const index = validators.findIndex(({ address }) => equalBytes(address, self));
  if (index < 0 || !has(index)) return undefined;
  // Signatures stand in the order of the set bits.
  const place = validators.slice(0, index).filter((_, before) => has(before)).length;
  const signature = commit.signatures[place];
  const { height, round, blockId } = commit;
  return (
    signature && { type: VOTE_TYPE.precommit, height, round, blockId, validator: self, signature }
  );
}

/**
 * What the log and the last commit have of this node's own signatures, its signer must have too: an older record of it
 * would let the node sign for the second time. A crash cannot make it older: it is on disk before a signature is given.
 * @throws {SignerError} `signer/state-behind`
 */
export function assertOwnWordsKnown(
  records: readonly WalRecord[],
  ledger: Pick<Ledger, "tip" | "blocks">,
  self: Uint8Array,
  signer: Signer | undefined,
): void {
  const committed = ownPrecommit(ledger, self);
  if (committed) signer?.assertKnown(committed);
  for (const record of records) {
    if (record.kind !== "input") continue;
    const { input } = record;
    if (input.kind === "vote" && equalBytes(input.vote.validator, self)) {
      signer?.assertKnown(input.vote);
    } else if (input.kind === "proposal" && equalBytes(input.proposal.proposer, self)) {
      signer?.assertKnown(input.proposal);
    }
  }
}

/**
 * A lock that a power cut forgot could be voted against, so a precommit waits for the disk; and whatever is signed
 * in a later round does, so that nothing older is missing from the log when the signer has moved on. The proposal
 * and the prevote of round 0 need not wait: the signer gives no others for their slots and says the prevote again
 * after a restart. What was decided is in the store.
 */
export function mustOutliveThePower(effect: Effect): boolean {
  if (effect.kind === "signAndBroadcastProposal") return effect.proposal.round > 0;
  if (effect.kind !== "signAndBroadcastVote") return false;
  return effect.vote.type === VOTE_TYPE.precommit || effect.vote.round > 0;
}
