import type { SignedProposal, SignedVote, ValidatorSet } from "@ropenet/protocol";
import type { Timeout } from "./timeouts.ts";

/**
 * Everything that can move the state machine. The engine appends each input that changed something to the WAL,
 * before it acts on the effects; replay is `step` over the same inputs. How durable the WAL must be by then hangs
 * on the effect: docs/consensus.md §3.
 *
 * Signatures of votes and proposals are checked by the engine before they become inputs, against the key
 * of the named validator; the machine checks only structure, membership and who may propose.
 * A node's own votes and proposals come back as inputs too, once signed: they count like any other.
 */
export type Input = StartHeight | HeightInput;

export interface StartHeight {
  readonly kind: "startHeight";
  readonly height: bigint;
  readonly chainId: Uint8Array;
  readonly validators: ValidatorSet;
  /** address of this node, or null for an observer; one outside `validators` never votes */
  readonly self: Uint8Array | null;
}

/** Concerns one height, in which it is dropped if it does not fit. */
export type HeightInput =
  /** Work waits: leave the idle step. Also entered unasked when peers are seen working at the height. */
  | { readonly kind: "startRound"; readonly height: bigint; readonly round: number }
  | { readonly kind: "proposal"; readonly proposal: SignedProposal }
  | { readonly kind: "vote"; readonly vote: SignedVote }
  | { readonly kind: "timeout"; readonly timeout: Timeout }
  /** Answer to `validateBlock` or `requestBlock`: the bytes were executed and stand in the WAL before this. */
  | {
      readonly kind: "blockValidated";
      readonly height: bigint;
      readonly blockId: Uint8Array;
      readonly valid: boolean;
    }
  /** Answer to `buildValue`: the block is valid and stands in the WAL before this. */
  | {
      readonly kind: "valueBuilt";
      readonly height: bigint;
      readonly round: number;
      readonly blockId: Uint8Array;
    };
