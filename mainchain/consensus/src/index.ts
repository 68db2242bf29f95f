export {
  type CatchUp,
  catchUpFor,
  commitFor,
  type PeerPosition,
  proposalFor,
  votesFor,
} from "./catch-up.ts";
export type { Effect } from "./effect.ts";
export { ConsensusError, type ConsensusErrorInfo } from "./errors.ts";
export type { HeightContext } from "./height-context.ts";
export type { HeightInput, Input, StartHeight } from "./input.ts";
export { inputCodec } from "./input-codec.ts";
export { createRotation, proposerOf, type Rotation } from "./proposer.ts";
export { resume } from "./resume.ts";
export {
  type BlockRecord,
  createState,
  type Decision,
  type FiredRules,
  type HeightState,
  type NextHeight,
  type OwnMessages,
  type RoundValue,
  type State,
  type Step,
} from "./state.ts";
export { type StepResult, step } from "./step.ts";
export {
  type ConsensusOptions,
  DEFAULT_OPTIONS,
  type Timeout,
  type TimeoutKind,
  type TimeoutSchedule,
} from "./timeouts.ts";
export type { Ballot } from "./votes/ballot.ts";
export type { FutureVotes } from "./votes/future-votes.ts";
export type { RoundVotes, VoteKeeper } from "./votes/vote-keeper.ts";
