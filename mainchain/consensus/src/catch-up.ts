import type { Commit, SignedProposal, SignedVote } from "@ropenet/protocol";
import type { HeightState, State } from "./state.ts";
import { votesOf } from "./votes/ballot.ts";

export interface PeerPosition {
  readonly height: bigint;
  /** −1 while idle */
  readonly round: number;
}

/** What to send again to a peer; all of it may be input there in any order. */
export interface CatchUp {
  readonly proposals: readonly SignedProposal[];
  readonly votes: readonly SignedVote[];
  /** set if the peer's height is decided here: with the block it proves the height */
  readonly commit: Commit | null;
}

const NOTHING: CatchUp = { proposals: [], votes: [], commit: null };

function heightOf(state: State, height: bigint): HeightState | null {
  if (state.current?.context.height === height) return state.current;
  return state.previous?.context.height === height ? state.previous : null;
}

/** Votes of one round of the current or the previous height, prevotes first. */
export function votesFor(state: State, height: bigint, round: number): readonly SignedVote[] {
  const votes = heightOf(state, height)?.votes.rounds.get(round);
  return votes ? [...votesOf(votes.prevotes), ...votesOf(votes.precommits)] : [];
}

export function proposalFor(state: State, height: bigint, round: number): SignedProposal | null {
  return heightOf(state, height)?.proposals.get(round) ?? null;
}

/** Null if the height was not decided here, or is older than the previous one: block sync has it then. */
export function commitFor(state: State, height: bigint): Commit | null {
  return heightOf(state, height)?.decision?.commit ?? null;
}

/**
 * Sent to each peer when it (re)connects and again while it stays at one position: messages may be lost,
 * and the paper's liveness needs whatever one honest node holds to reach all of them.
 */
export function catchUpFor(state: State, peer: PeerPosition): CatchUp {
  const height = heightOf(state, peer.height);
  if (!height) return NOTHING;
  const rounds = [...roundsThatMatter(height, peer)].sort((one, other) => one - other);
  return {
    proposals: rounds.flatMap((round) => height.proposals.get(round) ?? []),
    votes: rounds.flatMap((round) => votesFor(state, peer.height, round)),
    commit: height.decision?.commit ?? null,
  };
}

function roundsThatMatter(height: HeightState, peer: PeerPosition): ReadonlySet<number> {
  // The committed round ends the height for the peer whatever else it misses.
  if (height.decision) return new Set([height.decision.round]);
  const rounds = new Set([height.round - 1, height.round]);
  if (peer.round <= height.round) rounds.add(peer.round);
  // The polka that L28 waits for in the round of a re-proposal.
  if (height.valid) rounds.add(height.valid.round);
  const proposal = height.proposals.get(height.round);
  if (proposal) rounds.add(proposal.polRound);
  return rounds;
}
