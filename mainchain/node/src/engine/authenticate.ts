import type { Input } from "@ropenet/consensus";
import { equalBytes, type ValidatorSet, verifyProposal, verifyVote } from "@ropenet/protocol";

/** Whether the named validator of `validators` really sent `input`; false for inputs that nobody sends. */
export function isAuthentic(chainId: Uint8Array, validators: ValidatorSet, input: Input): boolean {
  const keyOf = (address: Uint8Array): Uint8Array | undefined =>
    validators.find((validator) => equalBytes(validator.address, address))?.publicKey;
  if (input.kind === "vote") {
    const publicKey = keyOf(input.vote.validator);
    return publicKey !== undefined && verifyVote(chainId, input.vote, publicKey);
  }
  if (input.kind === "proposal") {
    const publicKey = keyOf(input.proposal.proposer);
    return publicKey !== undefined && verifyProposal(chainId, input.proposal, publicKey);
  }
  return false;
}
