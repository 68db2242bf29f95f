import type { Commit, DuplicateVote, Proposal, Vote } from "@ropenet/protocol";
import type { Input } from "./input.ts";
import type { Timeout } from "./timeouts.ts";

/**
 * What the engine must do, in this order, after the input that caused it is in the WAL: synced before a precommit and
 * before anything that is signed in a round above 0, otherwise written (docs/consensus.md §3).
 */
export type Effect =
  | {
      readonly kind: "newRound";
      readonly height: bigint;
      readonly round: number;
      readonly proposer: Uint8Array;
    }
  | {
      readonly kind: "scheduleTimeout";
      readonly timeout: Timeout;
      readonly durationMs: number;
    }
  /** This node proposes a fresh block. Answer: `valueBuilt`. */
  | { readonly kind: "buildValue"; readonly height: bigint; readonly round: number }
  /**
   * Sign, send to all together with the block's bytes, and feed back as `proposal`.
   * `polRound` ≥ 0 re-proposes a block that has a polka: header.proposer then names whoever built it.
   */
  | { readonly kind: "signAndBroadcastProposal"; readonly proposal: Proposal }
  /** Sign (the signer persists first), send to all, and feed back as `vote`. */
  | { readonly kind: "signAndBroadcastVote"; readonly vote: Vote }
  /**
   * Execute the proposed block as soon as its bytes are here. Answer: `blockValidated`.
   * Validity is a property of the block, never of the round or of the validator that re-proposes it.
   */
  | {
      readonly kind: "validateBlock";
      readonly height: bigint;
      readonly round: number;
      readonly blockId: Uint8Array;
    }
  /** More than two thirds voted for a block not known to be valid: fetch it if absent. Answer: `blockValidated`. */
  | { readonly kind: "requestBlock"; readonly height: bigint; readonly blockId: Uint8Array }
  /** Final. The block is held and valid. Apply it, then input `startHeight` of the next height. */
  | {
      readonly kind: "decide";
      readonly height: bigint;
      readonly round: number;
      readonly blockId: Uint8Array;
      readonly commit: Commit;
    }
  | { readonly kind: "evidence"; readonly evidence: DuplicateVote }
  /**
   * Votes and proposals that came while the previous height was current: check them against this height's
   * set and feed them back through the WAL, so that its records since `startHeight` are the whole story.
   */
  | { readonly kind: "redeliver"; readonly inputs: readonly Input[] }
  /** More than two thirds committed a block that this node finds invalid: stop, a human must look. */
  | {
      readonly kind: "halt";
      readonly reason: "committed-invalid-block";
      readonly height: bigint;
      readonly round: number;
      readonly blockId: Uint8Array;
    };
