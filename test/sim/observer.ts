import type { State } from "@ropenet/consensus";
import {
  APPLICATION_PREFIX,
  type BoundBlock,
  type CommittedBlock,
  createMemoryStore,
  decodeMessageFrame,
  type Ledger,
  openLedger,
  type PeerMessage,
  readBelow,
  readBlock,
} from "@ropenet/node/parts";
import {
  bytesToHex,
  CodedError,
  type Commit,
  equalBytes,
  isNil,
  type SignedProposal,
  type SignedVote,
  VOTE_TYPE,
} from "@ropenet/protocol";
import { CHAIN_ID, type ChainSetup, GENESIS_MS, keysOf } from "./chain.ts";

/** What must never be seen. */
export type ViolationKind =
  | "two-blocks"
  | "two-roots"
  | "bad-commit"
  | "invalid-block"
  | "double-sign"
  | "broken-lock"
  | "lost-commit"
  | "halted"
  | "failed"
  | "unbounded"
  | "stuck";

export interface Violation {
  readonly kind: ViolationKind;
  readonly atMs: number;
  readonly detail: string;
}

interface Agreed {
  readonly blockId: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly bytes: Uint8Array;
}

interface VoteRecord {
  readonly round: number;
  readonly blockId: string;
}

/** Watches everything that honest nodes say, commit and keep, and knows the rules. */
export class Observer {
  readonly violations: Violation[] = [];
  readonly #honest: ReadonlySet<string>;
  readonly #powers: ReadonlyMap<string, number>;
  readonly #byzantinePower: number;
  readonly #quorum: number;
  readonly #nowMs: () => number;
  readonly #reference: Ledger;
  readonly #agreed = new Map<bigint, Agreed>();
  readonly #committed = new Map<number, bigint>();
  readonly #said = new Map<string, string>();
  /** `height/round/block` → power of the honest validators that signed a prevote for it */
  readonly #prevotes = new Map<string, Map<string, number>>();
  /** validator → what it precommitted at its current height */
  readonly #precommits = new Map<string, { height: bigint; votes: VoteRecord[] }>();
  readonly #decoded = new WeakMap<Uint8Array, PeerMessage>();
  readonly #blocks = new Map<bigint, Map<string, Uint8Array>>();

  constructor(
    chain: ChainSetup,
    powers: readonly number[],
    byzantine: readonly number[],
    nowMs: () => number,
  ) {
    this.#nowMs = nowMs;
    const total = powers.reduce((sum, power) => sum + power, 0);
    this.#quorum = Math.floor((total * 2) / 3) + 1;
    const address = (index: number): string => bytesToHex(keysOf(index).address);
    this.#powers = new Map(powers.map((power, index) => [address(index), power]));
    this.#byzantinePower = byzantine.reduce((sum, index) => sum + (powers[index] ?? 0), 0);
    this.#honest = new Set(
      powers
        .map((_, index) => index)
        .filter((index) => !byzantine.includes(index))
        .map(address),
    );
    const store = createMemoryStore();
    this.#reference = openLedger(
      {
        genesisFile: "genesis",
        genesisBytes: chain.genesisBytes,
        chainId: CHAIN_ID,
        genesisTimeMs: BigInt(GENESIS_MS),
        evidenceBlocks: 20_000n,
      },
      { store, application: chain.runtime(readBelow(store, APPLICATION_PREFIX)).application },
    );
  }

  violate(kind: ViolationKind, detail: string): void {
    if (this.violations.some((one) => one.kind === kind && one.detail === detail)) return;
    this.violations.push({ kind, atMs: Math.round(this.#nowMs()), detail });
  }

  /** the highest height that any honest node has committed */
  get height(): bigint {
    return this.#reference.tip().height;
  }

  agreedBytes(height: bigint): Uint8Array | undefined {
    return this.#agreed.get(height)?.bytes;
  }

  /** Encoded blocks of a height that were ever proposed by an honest node. */
  blocksAt(height: bigint): readonly Uint8Array[] {
    return [...(this.#blocks.get(height)?.values() ?? [])];
  }

  committed(host: number, { block, blockId, blockBytes, commit, result }: CommittedBlock): void {
    const { height } = block.header;
    this.#committed.set(host, height);
    if (!equalBytes(commit.blockId, blockId)) this.violate("bad-commit", `height ${height}`);
    this.#agree(host, { blockId, block, bytes: blockBytes }, commit, result.stateRoot);
  }

  #agree(host: number, bound: BoundBlock, commit: Commit, stateRoot?: Uint8Array): void {
    const { height } = bound.block.header;
    const where = `height ${height} on host ${host}`;
    const agreed = this.#agreed.get(height) ?? this.#extend(bound, commit);
    if (!agreed) return;
    if (!equalBytes(agreed.blockId, bound.blockId)) this.violate("two-blocks", where);
    else if (stateRoot && !equalBytes(agreed.stateRoot, stateRoot)) {
      this.violate("two-roots", where);
    }
  }

  /** The reference ledger, which no fault touches, takes the first block of a height by the node's own rules. */
  #extend(bound: BoundBlock, commit: Commit): Agreed | undefined {
    const { height } = bound.block.header;
    let checking: ViolationKind = "bad-commit";
    try {
      this.#reference.verifyCertificate(bound, commit);
      checking = "invalid-block";
      const { stateRoot } = this.#reference.commit(bound, commit).result;
      const agreed: Agreed = { blockId: bound.blockId, stateRoot, bytes: bound.bytes };
      this.#agreed.set(height, agreed);
      return agreed;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.violate(checking, `height ${height}: ${error.code}`);
      return undefined;
    }
  }

  /** A node has opened what its disk kept. */
  reopened(host: number, ledger: Ledger): void {
    const { height } = ledger.tip();
    const before = this.#committed.get(host) ?? 0n;
    if (height < before) this.violate("lost-commit", `host ${host}: ${height} after ${before}`);
    const bytes = ledger.blocks.blockBytes(height);
    const commit = ledger.blocks.commit(height);
    // Durable, but not announced if the crash came between the two.
    if (bytes && commit) this.#agree(host, readBlock(bytes), commit);
  }

  /** Everything that a node keeps is the chain that all agreed on. */
  audit(host: number, ledger: Ledger): void {
    for (let height = ledger.tip().height; height > 0n; height -= 1n) {
      const own = ledger.blocks.blockBytes(height);
      const agreed = this.agreedBytes(height);
      if (!own || !agreed) this.violate("lost-commit", `host ${host} lacks height ${height}`);
      else if (!equalBytes(own, agreed)) {
        this.violate("two-blocks", `height ${height} in the store of host ${host}`);
      }
    }
  }

  sent(bytes: Uint8Array): void {
    const message = this.#decode(bytes);
    if (message.kind === "vote") this.#voteOnTheWire(message.vote);
    else if (message.kind === "proposal") this.#proposalOnTheWire(message.proposal, message.block);
  }

  #decode(bytes: Uint8Array): PeerMessage {
    let message = this.#decoded.get(bytes);
    if (!message) {
      message = decodeMessageFrame(bytes);
      this.#decoded.set(bytes, message);
    }
    return message;
  }

  #voteOnTheWire({ type, height, round, blockId, validator }: SignedVote): void {
    this.#say(validator, `${height}/${round}/${type}`, blockId);
  }

  #proposalOnTheWire(proposal: SignedProposal, block: Uint8Array): void {
    const { height, round, polRound, blockId, proposer } = proposal;
    const content = Uint8Array.from([...blockId, polRound & 0xff]);
    this.#say(proposer, `${height}/${round}/proposal`, content);
    if (block.length === 0) return;
    const known = this.#blocks.get(height) ?? new Map<string, Uint8Array>();
    this.#blocks.set(height, known.set(bytesToHex(blockId), block));
  }

  #say(validator: Uint8Array, slot: string, content: Uint8Array): void {
    const who = bytesToHex(validator);
    if (!this.#honest.has(who)) return;
    const name = `${who}/${slot}`;
    const what = bytesToHex(content);
    const before = this.#said.get(name);
    if (before === undefined) this.#said.set(name, what);
    else if (before !== what) this.violate("double-sign", `${who.slice(0, 8)} at ${slot}`);
  }

  /** An honest validator's signer gave this vote away. */
  signed({ type, height, round, blockId, validator }: SignedVote): void {
    const who = bytesToHex(validator);
    const block = bytesToHex(blockId);
    if (type === VOTE_TYPE.prevote) {
      const slot = `${height}/${round}/${block}`;
      const voters = this.#prevotes.get(slot) ?? new Map<string, number>();
      this.#prevotes.set(slot, voters.set(who, this.#powers.get(who) ?? 0));
      if (!isNil(blockId)) this.#checkLock(who, height, round, block);
      return;
    }
    if (isNil(blockId)) return;
    let held = this.#precommits.get(who);
    if (held?.height !== height) {
      held = { height, votes: [] };
      this.#precommits.set(who, held);
    }
    held.votes.push({ round, blockId: block });
  }

  /**
   * Whoever precommitted a block may prevote another one later only if that one had a polka since. This is the
   * rule on which agreement rests; breaking it once rarely forks the chain, so it is watched by itself.
   */
  #checkLock(who: string, height: bigint, round: number, block: string): void {
    const held = this.#precommits.get(who);
    if (held?.height !== height) return;
    for (const lock of held.votes) {
      if (lock.round >= round || lock.blockId === block) continue;
      if (this.#hadPolka(height, lock.round, round, block)) continue;
      this.violate(
        "broken-lock",
        `${who.slice(0, 8)} at ${height}: precommit in round ${lock.round}, other prevote in ${round}`,
      );
    }
  }

  /** In a round from `from` up to, not including, `to`; Byzantine validators may have voted for anything. */
  #hadPolka(height: bigint, from: number, to: number, block: string): boolean {
    for (let round = from; round < to; round += 1) {
      const voters = this.#prevotes.get(`${height}/${round}/${block}`);
      let power = this.#byzantinePower;
      for (const one of voters?.values() ?? []) power += one;
      if (power >= this.#quorum) return true;
    }
    return false;
  }

  /** What a node keeps in memory for its height stays within what its rounds can fill. */
  stepped(host: number, { current, next }: State): void {
    if (!current) return;
    const rounds = current.round + 2;
    const validators = current.context.validators.length;
    const sizes: readonly (readonly [string, number, number])[] = [
      ["rounds of votes", current.votes.rounds.size, rounds],
      ["proposals", current.proposals.size, rounds + validators],
      ["future votes", current.future.size, validators],
      ["next votes", next.votes.length, 4 * validators],
      ["next proposals", next.proposals.length, 2 * validators],
      ["blocks", current.blocks.size, 2 * rounds + validators],
    ];
    for (const [what, size, limit] of sizes) {
      if (size > limit) this.violate("unbounded", `host ${host}: ${size} ${what} of ${limit}`);
    }
  }
}
