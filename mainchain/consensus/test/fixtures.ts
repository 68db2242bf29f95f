import {
  NIL_BLOCK_ID,
  type SignedProposal,
  type SignedVote,
  type ValidatorSet,
  VOTE_TYPE,
  type Vote,
  type VoteType,
} from "@ropenet/protocol";
import { createHeightContext, type HeightContext, proposerAt } from "../src/height-context.ts";
import {
  createState,
  DEFAULT_OPTIONS,
  type Effect,
  type HeightState,
  type Input,
  type State,
  step,
} from "../src/index.ts";

export const CHAIN_ID: Uint8Array = new Uint8Array(32).fill(7);
export const HEIGHT = 5n;

export function addressOf(index: number): Uint8Array {
  return new Uint8Array(20).fill(index + 1);
}

export function validatorsOf(powers: readonly (bigint | number)[]): ValidatorSet {
  return powers.map((power, index) => ({
    address: addressOf(index),
    publicKey: new Uint8Array(65).fill(index + 1),
    power: BigInt(power),
    entity: new Uint8Array(32).fill(index + 1),
  }));
}

export function contextOf(
  powers: readonly (bigint | number)[],
  self: number | null = 0,
): HeightContext {
  return createHeightContext(DEFAULT_OPTIONS, {
    height: HEIGHT,
    chainId: CHAIN_ID,
    validators: validatorsOf(powers),
    self: self === null ? null : addressOf(self),
  });
}

export function blockId(name: number): Uint8Array {
  return new Uint8Array(32).fill(name);
}

/** Stands for a signature: it binds what a signature binds. */
export function signatureOf(vote: Vote): Uint8Array {
  const signature = new Uint8Array(64);
  signature.set(vote.blockId);
  signature.set(vote.validator, 32);
  signature[60] = vote.type;
  signature[61] = vote.round & 255;
  signature[62] = Number(vote.height & 255n);
  return signature;
}

export function signVote(vote: Vote): SignedVote {
  return { ...vote, signature: signatureOf(vote) };
}

export function voteOf(
  type: VoteType,
  validator: number,
  round: number,
  block: Uint8Array | null,
  height: bigint = HEIGHT,
): SignedVote {
  return signVote({
    type,
    height,
    round,
    blockId: block ?? NIL_BLOCK_ID,
    validator: addressOf(validator),
  });
}

/** One validator's machine, its inputs written as short calls that return the effects. */
export class Machine {
  state: State = createState(DEFAULT_OPTIONS);
  readonly inputs: Input[] = [];

  constructor(powers: readonly number[], self: number | null, height: bigint = HEIGHT) {
    this.input({
      kind: "startHeight",
      height,
      chainId: CHAIN_ID,
      validators: validatorsOf(powers),
      self: self === null ? null : addressOf(self),
    });
  }

  get height(): HeightState {
    if (!this.state.current) throw new Error("no height");
    return this.state.current;
  }

  input(input: Input): readonly Effect[] {
    this.inputs.push(input);
    const result = step(this.state, input);
    this.state = result.state;
    return result.effects;
  }

  start(round = 0): readonly Effect[] {
    return this.input({ kind: "startRound", height: this.height.context.height, round });
  }

  /** By whoever's turn it is, unless said otherwise. */
  proposal(
    round: number,
    block: Uint8Array,
    polRound = -1,
    proposer: Uint8Array = proposerAt(this.height.context, round),
  ): readonly Effect[] {
    const proposal: SignedProposal = {
      height: this.height.context.height,
      round,
      polRound,
      blockId: block,
      proposer,
      signature: new Uint8Array(64),
    };
    return this.input({ kind: "proposal", proposal });
  }

  validated(block: Uint8Array, valid = true): readonly Effect[] {
    return this.input({
      kind: "blockValidated",
      height: this.height.context.height,
      blockId: block,
      valid,
    });
  }

  prevotes(round: number, block: Uint8Array | null, ...validators: number[]): readonly Effect[] {
    return this.votes(VOTE_TYPE.prevote, round, block, validators);
  }

  precommits(round: number, block: Uint8Array | null, ...validators: number[]): readonly Effect[] {
    return this.votes(VOTE_TYPE.precommit, round, block, validators);
  }

  timeout(kind: "propose" | "prevote" | "precommit", round: number): readonly Effect[] {
    return this.input({
      kind: "timeout",
      timeout: { kind, height: this.height.context.height, round },
    });
  }

  private votes(
    type: VoteType,
    round: number,
    block: Uint8Array | null,
    validators: readonly number[],
  ): readonly Effect[] {
    const height = this.height.context.height;
    return validators.flatMap((validator) =>
      this.input({ kind: "vote", vote: voteOf(type, validator, round, block, height) }),
    );
  }
}

/** `prevote:2`, `precommit:nil`, `timeout:prevote`, `decide:2`… */
export function describeEffect(effect: Effect): string {
  const name = (block: Uint8Array): string => (block[0] === 0 ? "nil" : String(block[0]));
  switch (effect.kind) {
    case "signAndBroadcastVote":
      return `${effect.vote.type === VOTE_TYPE.prevote ? "prevote" : "precommit"}:${name(effect.vote.blockId)}`;
    case "signAndBroadcastProposal":
      return `propose:${name(effect.proposal.blockId)}@${effect.proposal.polRound}`;
    case "scheduleTimeout":
      return `timeout:${effect.timeout.kind}`;
    case "decide":
    case "validateBlock":
    case "requestBlock":
    case "halt":
      return `${effect.kind}:${name(effect.blockId)}`;
    case "newRound":
      return `newRound:${effect.round}`;
    case "buildValue":
    case "evidence":
    case "redeliver":
      return effect.kind;
  }
}

export function seen(effects: readonly Effect[]): readonly string[] {
  return effects.map(describeEffect);
}

const EQUAL = [1, 1, 1, 1];

/** Index of the validator whose turn `round` is, among four equal ones at `HEIGHT`. */
export function turnOf(round: number): number {
  return (proposerAt(contextOf(EQUAL), round)[0] ?? 0) - 1;
}

/** Four equal validators; this one does not propose in the first two rounds, and round 0 has begun. */
export function follower(): {
  readonly machine: Machine;
  readonly self: number;
  readonly others: readonly number[];
} {
  const self = turnOf(2);
  const machine = new Machine(EQUAL, self);
  machine.start();
  return { machine, self, others: [0, 1, 2, 3].filter((index) => index !== self) };
}
