import { createRotation, proposerOf, type State } from "@ropenet/consensus";
import type { NodeKeys } from "@ropenet/node";
import {
  type BoundBlock,
  type Connection,
  decodeMessageFrame,
  encodeMessageFrame,
  LANE_OF,
  type PeerMessage,
  readBlock,
} from "@ropenet/node/parts";
import {
  addressOf,
  bytesToHex,
  equalBytes,
  NIL_BLOCK_ID,
  type SignedProposal,
  VOTE_TYPE,
  type VoteType,
} from "@ropenet/protocol";
import { forgeProposal, forgeVote, spoiled, variant } from "./forge.ts";
import type { Replacements, Step } from "./host.ts";
import type { Random } from "./random.ts";

/** Before each step the lock is gone: nothing it ever precommitted binds it. */
export const forgetLock =
  (step: Step): Step =>
  (state, input) =>
    step(state.current ? { ...state, current: { ...state.current, locked: null } } : state, input);

/** Its own proposals are spoiled, or one of two variants by peer; its votes follow the rules. */
export function inventing(keys: NodeKeys, random: Random): Replacements {
  const made = new Map<string, readonly Uint8Array[]>();
  const inventions = (bytes: Uint8Array): readonly Uint8Array[] => {
    const message = decodeMessageFrame(bytes);
    if (message.kind !== "proposal" || message.block.length === 0) return [];
    const { proposal, block } = message;
    if (!equalBytes(proposal.proposer, keys.address)) return [];
    const slot = `${proposal.height}/${proposal.round}`;
    const known = made.get(slot);
    if (known) return known;
    const forge = (bound: BoundBlock): Uint8Array =>
      encodeMessageFrame({
        kind: "proposal",
        proposal: forgeProposal(keys, { ...proposal, blockId: bound.blockId }),
        block: bound.bytes,
        outline: NONE,
      });
    const messages = [bytes, forge(spoiled(block, random)), forge(variant(block, random))];
    made.set(slot, messages);
    return messages;
  };
  return {
    outgoing(bytes): readonly Uint8Array[] {
      const choice = inventions(bytes);
      return choice.length > 0 ? [random.pick(choice)] : [bytes];
    },
  };
}

/** What an equivocator sees of the node at the other end of a connection. */
export interface Victims {
  stateOf(publicKey: Uint8Array): State | undefined;
  states(): readonly State[];
  blocksAt(height: bigint): readonly Uint8Array[];
}

/**
 * Sees every node's state and tells each of them what serves it worst: mostly an echo of the node's own votes, so
 * that any quorum too small completes, else votes for anything; two proposals per round, some invalid, some with
 * a polka round of its own making; wrong statuses, requests for what is not there, and now and then noise.
 * At some heights it helps one node alone to a polka and the others to the next; a spiteful one falls silent for
 * ever once that has left them locked on different blocks.
 */
export class Equivocator {
  readonly #keys: NodeKeys;
  readonly #random: Random;
  readonly #victims: Victims;
  readonly #proposed = new Map<string, readonly (readonly [SignedProposal, BoundBlock])[]>();
  readonly #favourites = new Map<bigint, string | undefined>();
  readonly #spiteful: boolean;
  #gone = false;

  constructor(keys: NodeKeys, random: Random, victims: Victims) {
    this.#keys = keys;
    this.#random = random;
    this.#victims = victims;
    this.#spiteful = random.chance(0.5);
  }

  act(peers: readonly Connection[]): void {
    this.#gone ||= this.#spiteful && this.#locksDiffer();
    if (this.#gone) return;
    for (const peer of peers) {
      const state = this.#victims.stateOf(peer.publicKey);
      if (!state?.current) continue;
      const random = this.#random;
      this.#propose(peer, state);
      if (random.chance(0.4)) this.#vote(peer, state, VOTE_TYPE.prevote);
      if (random.chance(0.4)) this.#vote(peer, state, VOTE_TYPE.precommit);
      if (random.chance(0.05)) this.#mislead(peer, state);
    }
  }

  #vote(peer: Connection, { current }: State, type: VoteType): void {
    if (!current || current.round < 0) return;
    const { context, round, own } = current;
    const echoed = type === VOTE_TYPE.prevote ? own.prevote : own.precommit;
    const random = this.#random;
    const favourite = this.#favouriteAt(context.height, peer);
    if (type === VOTE_TYPE.prevote && favourite !== undefined) {
      // One round belongs to the favourite, the next to everybody else.
      const helped = (peer.id === favourite) === (round % 2 === 0);
      const blockId = helped ? (echoed?.blockId ?? NIL_BLOCK_ID) : NIL_BLOCK_ID;
      const vote = forgeVote(this.#keys, { type, height: context.height, round, blockId });
      tell(peer, { kind: "vote", vote });
      return;
    }
    const blocks = this.#victims.blocksAt(context.height).map((bytes) => readBlock(bytes).blockId);
    const blockId =
      echoed && random.chance(0.6) ? echoed.blockId : random.pick([NIL_BLOCK_ID, ...blocks]);
    const at = Math.max(0, round + random.pick([0, 0, 0, -1, 1]));
    const vote = forgeVote(this.#keys, { type, height: context.height, round: at, blockId });
    tell(peer, { kind: "vote", vote });
  }

  #favouriteAt(height: bigint, peer: Connection): string | undefined {
    if (!this.#favourites.has(height)) {
      this.#favourites.set(height, this.#random.chance(0.5) ? peer.id : undefined);
    }
    return this.#favourites.get(height);
  }

  #locksDiffer(): boolean {
    const locks = this.#victims
      .states()
      .flatMap(({ current }) => (current?.locked ? { current, locked: current.locked } : []));
    return locks.some((one) =>
      locks.some(
        (other) =>
          one.current.context.height === other.current.context.height &&
          !equalBytes(one.locked.blockId, other.locked.blockId),
      ),
    );
  }

  #propose(peer: Connection, { current }: State): void {
    if (!current) return;
    const { context } = current;
    const round = Math.max(0, current.round);
    const rotation = createRotation(context.validators);
    if (!equalBytes(proposerOf(rotation, context.height, round), this.#keys.address)) return;
    const slot = `${context.height}/${round}`;
    let choice = this.#proposed.get(slot);
    if (!choice) {
      const blocks = this.#victims.blocksAt(context.height);
      if (blocks.length === 0) return;
      choice = [0, 1].map(() => this.#proposal(context.height, round, blocks));
      this.#proposed.set(slot, choice);
    }
    const [proposal, bound] = this.#random.pick(choice);
    const block = this.#random.chance(0.8) ? bound.bytes : NONE;
    tell(peer, { kind: "proposal", proposal, block, outline: NONE });
  }

  #proposal(
    height: bigint,
    round: number,
    blocks: readonly Uint8Array[],
  ): readonly [SignedProposal, BoundBlock] {
    const random = this.#random;
    const model = random.pick(blocks);
    const bound = random.pick([readBlock(model), variant(model, random), spoiled(model, random)]);
    const polRound = random.chance(0.5) ? -1 : random.below(round + 1) - 1;
    const { blockId } = bound;
    return [forgeProposal(this.#keys, { height, round, polRound, blockId }), bound];
  }

  #mislead(peer: Connection, { current }: State): void {
    const random = this.#random;
    const height = current?.context.height ?? 1n;
    const noise = Uint8Array.from({ length: 40 }, () => random.below(256));
    const lies: readonly PeerMessage[] = [
      { kind: "status", height: height + 100n, roundPlusOne: 3, committed: height + 99n },
      { kind: "status", height, roundPlusOne: random.below(9), committed: height - 1n },
      { kind: "syncRequest", from: 1n, limit: 64 },
      { kind: "syncResponse", from: height, blocks: [{ block: noise, commit: noise }] },
      { kind: "syncResponse", from: height, blocks: [] },
      { kind: "blockRequest", height, blockId: noise.slice(0, 32) },
      { kind: "block", block: noise },
      { kind: "transactions", transactions: [noise] },
    ];
    // Noise costs it the connection and half a minute, so it is rare.
    if (random.chance(0.05)) peer.send("vote", noise);
    else tell(peer, random.pick(lies));
  }
}

const NONE = new Uint8Array(0);

function tell(peer: Connection, message: PeerMessage): void {
  peer.send(LANE_OF[message.kind], encodeMessageFrame(message));
}

export const nameOf = (publicKey: Uint8Array): string => bytesToHex(addressOf(publicKey));
