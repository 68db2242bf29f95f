import {
  equalBytes,
  NIL_BLOCK_ID,
  type SignedProposal,
  VOTE_TYPE,
  type VoteType,
} from "@ropenet/protocol";
import { createRotation, type HeightState, proposerOf } from "../../src/index.ts";
import { addressOf, voteOf } from "../fixtures.ts";
import type { Environment } from "./environment.ts";

/**
 * Sees every node's state and tells each of them what serves it worst: mostly an echo of the node's own
 * votes, so that any quorum too small completes, else votes for anything; two proposals per round, some
 * invalid, some with a polka round of its own making.
 */
export class Equivocator {
  readonly #world: Environment;
  readonly #index: number;
  readonly #proposed = new Map<string, readonly SignedProposal[]>();

  constructor(world: Environment, index: number) {
    this.#world = world;
    this.#index = index;
  }

  act(): void {
    for (const [target, node] of this.#world.nodes) {
      const height = node.state.current;
      if (!node.alive || !height || height.round < 0) continue;
      this.#propose(target, height);
      if (this.#world.random.chance(0.4)) this.#vote(target, height, VOTE_TYPE.prevote);
      if (this.#world.random.chance(0.4)) this.#vote(target, height, VOTE_TYPE.precommit);
    }
  }

  #vote(target: number, { context, round, own }: HeightState, type: VoteType): void {
    const { random } = this.#world;
    const echoed = type === VOTE_TYPE.prevote ? own.prevote : own.precommit;
    const blockId =
      echoed && random.chance(0.6)
        ? echoed.blockId
        : random.pick([NIL_BLOCK_ID, ...this.#world.blocksAt(context.height)]);
    const at = Math.max(0, round + random.pick([0, 0, 0, -1, 1]));
    const vote = voteOf(type, this.#index, at, blockId, context.height);
    this.#world.send(target, { kind: "vote", vote });
  }

  #propose(target: number, { context, round }: HeightState): void {
    const { random, validators } = this.#world;
    const proposer = proposerOf(createRotation(validators), context.height, round);
    if (!equalBytes(proposer, addressOf(this.#index))) return;
    const slot = `${context.height}/${round}`;
    let proposals = this.#proposed.get(slot);
    if (!proposals) {
      proposals = [0, 1].map(() => this.#proposal(context.height, round));
      this.#proposed.set(slot, proposals);
    }
    const proposal = random.pick(proposals);
    this.#world.send(target, { kind: "proposal", proposal });
    this.#world.send(target, { kind: "block", blockId: proposal.blockId });
  }

  #proposal(height: bigint, round: number): SignedProposal {
    const { random } = this.#world;
    const old = this.#world.blocksAt(height);
    const blockId =
      old.length > 0 && random.chance(0.4)
        ? random.pick(old)
        : this.#world.newBlock(height, random.chance(0.7));
    return {
      height,
      round,
      polRound: random.chance(0.5) ? -1 : random.below(round + 1) - 1,
      blockId,
      proposer: addressOf(this.#index),
      signature: new Uint8Array(64),
    };
  }
}
