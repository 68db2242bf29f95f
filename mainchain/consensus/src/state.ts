import type { Commit, Proposal, SignedProposal, SignedVote, Vote } from "@ropenet/protocol";
import type { HeightContext } from "./height-context.ts";
import type { ConsensusOptions } from "./timeouts.ts";
import type { FutureVotes } from "./votes/future-votes.ts";
import type { VoteKeeper } from "./votes/vote-keeper.ts";

/** `idle`: the height is known but no round has begun; `round` is −1. */
export type Step = "idle" | "propose" | "prevote" | "precommit" | "decided";

export interface RoundValue {
  readonly round: number;
  readonly blockId: Uint8Array;
}

/** What is known of one block of this height. */
export interface BlockRecord {
  readonly blockId: Uint8Array;
  readonly validity: "unknown" | "valid" | "invalid";
  /** `requestBlock` was emitted */
  readonly requested: boolean;
}

/** What this node said in its current round; re-signed after a crash if it never came back as an input. */
export interface OwnMessages {
  readonly proposal: Proposal | null;
  readonly prevote: Vote | null;
  readonly precommit: Vote | null;
}

/** The "for the first time" of L34, L36 and L47, for the current round. */
export interface FiredRules {
  readonly prevoteTimeout: boolean;
  readonly polka: boolean;
  readonly precommitTimeout: boolean;
}

export interface Decision {
  readonly round: number;
  readonly blockId: Uint8Array;
  readonly commit: Commit;
}

export interface HeightState {
  readonly context: HeightContext;
  /** −1 while idle */
  readonly round: number;
  readonly step: Step;
  /** lockedRound, lockedValue */
  readonly locked: RoundValue | null;
  /** validRound, validValue */
  readonly valid: RoundValue | null;
  readonly fired: FiredRules;
  readonly own: OwnMessages;
  /** by round; those of rounds to come at most one per proposer */
  readonly proposals: ReadonlyMap<number, SignedProposal>;
  /** by `keyOf(blockId)` */
  readonly blocks: ReadonlyMap<string, BlockRecord>;
  /** rounds up to the current one */
  readonly votes: VoteKeeper;
  /** rounds to come */
  readonly future: FutureVotes;
  readonly halted: boolean;
  readonly decision: Decision | null;
}

/** Messages of the height after the current one, see `driver/next-height.ts`. */
export interface NextHeight {
  readonly votes: readonly SignedVote[];
  readonly proposals: readonly SignedProposal[];
}

/** Immutable. Serialised only as the WAL's inputs. */
export interface State {
  readonly options: ConsensusOptions;
  /** null before the first `startHeight` */
  readonly current: HeightState | null;
  /** kept to help peers and to notice late equivocation; never influences the current height */
  readonly previous: HeightState | null;
  readonly next: NextHeight;
}

export function createState(options: ConsensusOptions): State {
  return { options, current: null, previous: null, next: { votes: [], proposals: [] } };
}
