import { holdNextProposal, holdNextVote } from "./driver/next-height.ts";
import { receiveBuiltValue, receiveValidity } from "./driver/receive-block.ts";
import { receiveProposal } from "./driver/receive-proposal.ts";
import { receiveLateVote, receiveVote } from "./driver/receive-vote.ts";
import { startHeight } from "./driver/start-height.ts";
import type { Effect } from "./effect.ts";
import type { HeightInput, Input } from "./input.ts";
import { onTimeout } from "./rules/on-timeout.ts";
import { settle } from "./rules/settle.ts";
import { startRound } from "./rules/start-round.ts";
import { type Transition, unchanged } from "./rules/transition.ts";
import type { HeightState, State } from "./state.ts";

export interface StepResult {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/**
 * Tendermint consensus, one input at a time. Pure: the same inputs give the same states and effects, live and
 * from the WAL. L-numbers in this package are lines of Algorithm 1 in "The latest gossip on BFT consensus"
 * (Buchman, Kwon, Milosevic, arXiv:1807.04938).
 * Nothing a peer sends throws; what does not fit is dropped.
 * @throws {ConsensusError} only from `startHeight`
 */
export function step(state: State, input: Input): StepResult {
  if (input.kind === "startHeight") return startHeight(state, input);
  const { current, previous } = state;
  if (!current || current.halted) return { state, effects: [] };
  const height = heightOf(input);
  if (height === current.context.height) {
    const received = receive(current, input);
    if (received.state === current) return { state, effects: [] };
    const settled = settle(received);
    return { state: { ...state, current: settled.state }, effects: settled.effects };
  }
  if (height === current.context.height + 1n) return { state: hold(state, input), effects: [] };
  if (input.kind === "vote" && previous && height === previous.context.height) {
    const late = receiveLateVote(previous, input.vote);
    return { state: { ...state, previous: late.state }, effects: late.effects };
  }
  return { state, effects: [] };
}

function heightOf(input: HeightInput): bigint {
  switch (input.kind) {
    case "vote":
      return input.vote.height;
    case "proposal":
      return input.proposal.height;
    case "timeout":
      return input.timeout.height;
    case "startRound":
    case "blockValidated":
    case "valueBuilt":
      return input.height;
  }
}

function receive(height: HeightState, input: HeightInput): Transition {
  // After the decision only votes still matter, as evidence and for peers that lag.
  if (height.step === "decided" && input.kind !== "vote") return unchanged(height);
  switch (input.kind) {
    case "startRound":
      return input.round > height.round ? startRound(height, input.round) : unchanged(height);
    case "vote":
      return receiveVote(height, input.vote);
    case "proposal":
      return receiveProposal(height, input.proposal);
    case "timeout":
      return onTimeout(height, input.timeout);
    case "blockValidated":
      return receiveValidity(height, input.blockId, input.valid);
    case "valueBuilt":
      return receiveBuiltValue(height, input.round, input.blockId);
  }
}

function hold(state: State, input: HeightInput): State {
  const context = state.current?.context;
  if (!context) return state;
  if (input.kind === "vote") {
    return { ...state, next: holdNextVote(context, state.next, input.vote) };
  }
  if (input.kind === "proposal") {
    return { ...state, next: holdNextProposal(context, state.next, input.proposal) };
  }
  return state;
}
