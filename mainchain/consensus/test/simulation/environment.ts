import type { Commit, SignedProposal, SignedVote, ValidatorSet } from "@ropenet/protocol";
import type { ConsensusOptions, Input, PeerPosition, State, StepResult } from "../../src/index.ts";
import type { EventQueue } from "./event-queue.ts";
import type { Random } from "./random.ts";

export const OPTIONS: ConsensusOptions = {
  propose: { baseMs: 250, perRoundMs: 100, maxMs: 2_000 },
  prevote: { baseMs: 120, perRoundMs: 60, maxMs: 1_000 },
  precommit: { baseMs: 120, perRoundMs: 60, maxMs: 1_000 },
};

export type StepFunction = (state: State, input: Input) => StepResult;

export type Message =
  | { readonly kind: "proposal"; readonly proposal: SignedProposal }
  | { readonly kind: "vote"; readonly vote: SignedVote }
  | { readonly kind: "block"; readonly blockId: Uint8Array }
  | { readonly kind: "wantBlock"; readonly blockId: Uint8Array; readonly from: number }
  | { readonly kind: "position"; readonly position: PeerPosition; readonly from: number }
  | { readonly kind: "sync"; readonly blockId: Uint8Array; readonly commit: Commit };

export interface ObservedNode {
  readonly alive: boolean;
  readonly state: State;
}

/** What a simulated node or adversary reaches of the world around it. */
export interface Environment {
  readonly random: Random;
  readonly queue: EventQueue;
  readonly validators: ValidatorSet;
  readonly nodes: ReadonlyMap<number, ObservedNode>;
  broadcast(from: number, message: Message): void;
  send(to: number, message: Message): void;
  crashesNow(): boolean;
  newBlock(height: bigint, valid: boolean): Uint8Array;
  blocksAt(height: bigint): readonly Uint8Array[];
  isValid(height: bigint, blockId: Uint8Array): boolean;
  decided(height: bigint, commit: Commit): void;
  accused(validator: Uint8Array): void;
  roundStarted(round: number): void;
  violate(what: string): void;
}
