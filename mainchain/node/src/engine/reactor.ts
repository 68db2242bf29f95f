import { catchUpFor, proposalFor, proposerOf, votesFor } from "@ropenet/consensus";
import {
  bytesToHex,
  CodedError,
  equalBytes,
  type SignedProposal,
  type SignedVote,
  type ValidatorSet,
} from "@ropenet/protocol";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Meter } from "../metrics/meter.ts";
import type { Connection } from "../p2p/connection.ts";
import { PeerError } from "../p2p/errors.ts";
import {
  decodeMessageFrame,
  encodeMessageFrame,
  LANE_OF,
  type PeerMessage,
  type ProposalMessage,
  type StatusMessage,
} from "../p2p/message.ts";
import type { SnapshotShelf } from "../snapshot/shelf.ts";
import { isAuthentic } from "./authenticate.ts";
import { type BoundBlock, readBlock } from "./block-body.ts";
import { encodeOutline, rebuildBlock } from "./block-outline.ts";
import type { BlockSync } from "./block-sync.ts";
import type { Driver, DriverOutlet } from "./driver.ts";
import type { Ledger } from "./ledger.ts";
import type { TransactionGossip } from "./transaction-gossip.ts";

/** A peer that says the same twice this far apart is stuck: it is told again what may move it. */
const STUCK_MS = 700;
/** A missing block is asked of one peer at a time. */
const BLOCK_ANSWER_MS = 500;
/** Transactions that still wait after this are offered to everybody again. */
const OFFER_AGAIN_MS = 3_000;
const OFFER_AGAIN_BYTES = 256 * 1024;
/** A proposer can sign as many proposals as it likes; those that consensus asks for are few. */
const MAX_WANTED = 16;
/** A block with fewer transactions is sent whole: nobody has to look for them. */
const MIN_OUTLINED = 16;
const NONE = new Uint8Array(0);
const OFFER_ON_CONNECT_BYTES = 4 * 1024 * 1024;

/** Nobody gets there in earnest; beyond it, rounds would not fit their field on the wire. */
const MAX_ROUND = 0x7fff_ffff;

interface PeerState {
  status: StatusMessage | undefined;
  sinceMs: number;
  toldAtMs: number;
}

interface WantedBlock {
  readonly height: bigint;
  readonly blockId: Uint8Array;
  askedAtMs: number;
  /** how many peers were asked */
  asked: number;
}

export interface ReactorComponents {
  readonly ledger: Ledger;
  readonly driver: Driver;
  readonly sync: BlockSync;
  readonly transactions: TransactionGossip;
  readonly peers: () => readonly Connection[];
  readonly mempoolSize: () => number;
  /** by the first bytes of its id */
  readonly findTransaction: (name: Uint8Array) => Uint8Array | undefined;
  readonly clock: Clock;
  readonly meter: Pick<Meter, "verified">;
  /** absent on nodes that make no snapshots */
  readonly shelf?: SnapshotShelf | undefined;
  readonly logger: Logger;
}

/** What peers send becomes checked inputs; what consensus says goes out to peers. */
export interface Reactor extends Pick<DriverOutlet, "sendVote" | "sendProposal" | "requestBlock"> {
  onConnect(peer: Connection): void;
  onDisconnect(peer: Connection): void;
  onMessage(peer: Connection, message: Uint8Array): void;
  /** tells peers where this node is */
  announce(): void;
  heightOf(peer: Connection): bigint;
  /** every few hundred milliseconds */
  tick(): void;
}

export function createReactor(components: ReactorComponents): Reactor {
  return new ConsensusReactor(components);
}

class ConsensusReactor implements Reactor {
  readonly #parts: ReactorComponents;
  readonly #peers = new Map<Connection, PeerState>();
  readonly #wanted = new Map<string, WantedBlock>();
  #announcedAtMs = 0;
  #offeredAtMs = 0;

  constructor(parts: ReactorComponents) {
    this.#parts = parts;
  }

  onConnect(peer: Connection): void {
    this.#peers.set(peer, {
      status: undefined,
      sinceMs: this.#parts.clock.monotonicMs(),
      toldAtMs: 0,
    });
    send(peer, this.#status());
    this.#parts.transactions.offerAll([peer], OFFER_ON_CONNECT_BYTES);
  }

  onDisconnect(peer: Connection): void {
    this.#peers.delete(peer);
    this.#parts.sync.forget(peer);
  }

  onMessage(peer: Connection, bytes: Uint8Array): void {
    let message: PeerMessage;
    try {
      message = decodeMessageFrame(bytes);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      peer.close(new PeerError({ code: "p2p/malformed", detail: error.code }, { cause: error }));
      return;
    }
    this.#receive(peer, message);
  }

  #receive(peer: Connection, message: PeerMessage): void {
    const { sync, transactions } = this.#parts;
    switch (message.kind) {
      case "status":
        this.#noteStatus(peer, message);
        break;
      case "vote":
        this.#receiveVote(peer, message.vote);
        break;
      case "proposal":
        this.#receiveProposal(peer, message);
        break;
      case "blockRequest":
        this.#answerBlock(peer, message.height, message.blockId);
        break;
      case "block":
        this.#receiveBlock(peer, message.block);
        break;
      case "syncRequest":
        sync.answer(peer, message.from, message.limit);
        break;
      case "syncResponse":
        sync.receive(peer, message.from, message.blocks);
        break;
      case "transactions":
        transactions.receive(peer, message.transactions);
        break;
      case "snapshotRequest":
      case "pieceRequest":
        this.#parts.shelf?.answer(peer, message);
        break;
      case "snapshotOffer":
      case "piece":
        // For nodes that begin; see snapshot/fetch-snapshot.ts.
        break;
    }
  }

  sendVote(vote: SignedVote): void {
    this.#broadcast({ kind: "vote", vote });
  }

  sendProposal(proposal: SignedProposal, bound: BoundBlock | undefined): void {
    const isLong = bound && bound.block.transactions.length >= MIN_OUTLINED;
    const outline = isLong ? encodeOutline(bound, this.#parts.ledger.transactionIds(bound)) : NONE;
    const block = isLong ? NONE : (bound?.bytes ?? NONE);
    this.#broadcast({ kind: "proposal", proposal, block, outline });
  }

  requestBlock(height: bigint, blockId: Uint8Array): void {
    const id = bytesToHex(blockId);
    if (this.#wanted.has(id)) return;
    const wanted: WantedBlock = { height, blockId, askedAtMs: 0, asked: 0 };
    this.#wanted.set(id, wanted);
    this.#ask(wanted);
  }

  announce(): void {
    this.#announcedAtMs = this.#parts.clock.monotonicMs();
    this.#broadcast(this.#status());
  }

  heightOf(peer: Connection): bigint {
    return this.#peers.get(peer)?.status?.committed ?? 0n;
  }

  tick(): void {
    const now = this.#parts.clock.monotonicMs();
    if (now - this.#announcedAtMs > 1_000) this.announce();
    for (const [id, wanted] of this.#wanted) {
      if (wanted.height <= this.#parts.ledger.tip().height) this.#wanted.delete(id);
      else if (now - wanted.askedAtMs > BLOCK_ANSWER_MS) this.#ask(wanted);
    }
    this.#offerAgain(now);
    this.#parts.sync.check();
  }

  #offerAgain(now: number): void {
    if (this.#parts.mempoolSize() === 0) this.#offeredAtMs = now;
    if (now - this.#offeredAtMs < OFFER_AGAIN_MS) return;
    this.#offeredAtMs = now;
    this.#parts.transactions.offerAll(this.#parts.peers(), OFFER_AGAIN_BYTES);
  }

  #noteStatus(peer: Connection, status: StatusMessage): void {
    const known = this.#peers.get(peer);
    if (!known) return;
    const now = this.#parts.clock.monotonicMs();
    const same =
      known.status?.height === status.height && known.status.roundPlusOne === status.roundPlusOne;
    if (!same) known.sinceMs = now;
    const first = known.status === undefined;
    known.status = status;
    this.#parts.sync.noteHeight(peer, status.committed);
    const stuck = now - known.sinceMs > STUCK_MS && now - known.toldAtMs > STUCK_MS;
    if (!first && !stuck) return;
    known.toldAtMs = now;
    this.#tellAgain(peer, status);
  }

  /** Whatever this node holds that may move a peer on; messages get lost with connections. */
  #tellAgain(peer: Connection, { height, roundPlusOne }: StatusMessage): void {
    const { driver } = this.#parts;
    const position = { height, round: roundPlusOne - 1 };
    const { proposals, votes } = catchUpFor(driver.state(), position);
    for (const proposal of proposals) {
      const block = this.#blockBytes(height, proposal.blockId) ?? NONE;
      send(peer, { kind: "proposal", proposal, block, outline: NONE });
    }
    for (const vote of votes) send(peer, { kind: "vote", vote });
  }

  #receiveVote(peer: Connection, vote: SignedVote): void {
    const { driver } = this.#parts;
    const validators = this.#validatorsOf(vote.height);
    if (!validators || vote.round > MAX_ROUND || this.#isKnown(vote)) return;
    const input = { kind: "vote", vote } as const;
    const ok = isAuthentic(this.#parts.ledger.chainId, validators, input);
    this.#parts.meter.verified("vote", ok);
    if (ok) driver.submit(input);
    else peer.penalize(25);
  }

  #receiveProposal(peer: Connection, message: ProposalMessage): void {
    const { proposal } = message;
    const { driver, ledger } = this.#parts;
    if (proposal.height <= ledger.tip().height || proposal.round > MAX_ROUND) return;
    const validators = this.#validatorsOf(proposal.height);
    if (!validators || this.#isKnownProposal(proposal)) return;
    const input = { kind: "proposal", proposal } as const;
    const ok = isAuthentic(ledger.chainId, validators, input);
    this.#parts.meter.verified("proposal", ok);
    if (!ok) {
      peer.penalize(25);
      return;
    }
    if (!this.#mayPropose(proposal)) return;
    const bound = this.#proposedBlock(peer, message);
    if (!bound && message.outline.length > 0) this.#askProposer(peer, proposal);
    if (bound && equalBytes(bound.blockId, proposal.blockId)) driver.offerBlock(bound);
    // Without the block, the driver asks for it once the round needs it.
    driver.submit(input);
  }

  /** Whoever sent the outline has the block; others may lack it as this node does. */
  #askProposer(peer: Connection, { height, blockId }: SignedProposal): void {
    const id = bytesToHex(blockId);
    if (this.#wanted.has(id) || this.#wanted.size >= MAX_WANTED) return;
    this.#wanted.set(id, { height, blockId, askedAtMs: this.#parts.clock.monotonicMs(), asked: 0 });
    send(peer, { kind: "blockRequest", height, blockId });
  }

  #proposedBlock(peer: Connection, { block, outline }: ProposalMessage): BoundBlock | undefined {
    if (block.length > 0) return readFrom(peer, () => readBlock(block));
    if (outline.length === 0) return undefined;
    return readFrom(peer, () => rebuildBlock(outline, this.#parts.findTransaction));
  }

  /** Any validator can sign proposals without end; only those of whose turn it is take memory. */
  #mayPropose({ height, round, proposer }: SignedProposal): boolean {
    const context = this.#parts.driver.state().current?.context;
    if (!context) return false;
    return equalBytes(proposerOf(context.rotation, height, round), proposer);
  }

  #receiveBlock(peer: Connection, bytes: Uint8Array): void {
    const bound = readFrom(peer, () => readBlock(bytes));
    if (bound && this.#wanted.delete(bytesToHex(bound.blockId))) {
      this.#parts.driver.offerBlock(bound);
    }
  }

  #answerBlock(peer: Connection, height: bigint, blockId: Uint8Array): void {
    const block = this.#blockBytes(height, blockId);
    if (block) send(peer, { kind: "block", block });
  }

  #blockBytes(height: bigint, blockId: Uint8Array): Uint8Array | undefined {
    const { driver, ledger } = this.#parts;
    const held = driver.heldBlock(blockId);
    if (held) return held.bytes;
    const tip = ledger.tip();
    const committed = tip.height === height && equalBytes(tip.blockId, blockId);
    return committed ? ledger.blocks.blockBytes(height) : undefined;
  }

  #ask(wanted: WantedBlock): void {
    const able = [...this.#peers].filter(
      ([, { status }]) => (status?.height ?? 0n) >= wanted.height,
    );
    const [peer] = able[wanted.asked % Math.max(able.length, 1)] ?? [];
    wanted.asked += 1;
    wanted.askedAtMs = this.#parts.clock.monotonicMs();
    const { height, blockId } = wanted;
    if (peer) send(peer, { kind: "blockRequest", height, blockId });
  }

  /** The next height is decided by the set of this one as far as anybody can tell yet; consensus asks again. */
  #validatorsOf(height: bigint): ValidatorSet | undefined {
    const { current, previous } = this.#parts.driver.state();
    if (!current) return undefined;
    const ahead = height - current.context.height;
    if (ahead === 0n || ahead === 1n) return current.context.validators;
    return previous?.context.height === height ? previous.context.validators : undefined;
  }

  #isKnown(vote: SignedVote): boolean {
    return votesFor(this.#parts.driver.state(), vote.height, vote.round).some(
      (known) =>
        known.type === vote.type &&
        equalBytes(known.validator, vote.validator) &&
        equalBytes(known.blockId, vote.blockId),
    );
  }

  /** Told again to a node that seems stuck; only the block may be news. */
  #isKnownProposal({ height, round, blockId }: SignedProposal): boolean {
    const { driver } = this.#parts;
    const known = proposalFor(driver.state(), height, round);
    return (
      known !== null &&
      equalBytes(known.blockId, blockId) &&
      driver.heldBlock(blockId) !== undefined
    );
  }

  #status(): StatusMessage {
    const { current } = this.#parts.driver.state();
    const committed = this.#parts.ledger.tip().height;
    return {
      kind: "status",
      height: current?.context.height ?? committed + 1n,
      roundPlusOne: (current?.round ?? -1) + 1,
      committed,
    };
  }

  #broadcast(message: PeerMessage): void {
    const bytes = encodeMessageFrame(message);
    for (const peer of this.#parts.peers()) peer.send(LANE_OF[message.kind], bytes);
  }
}

function send(peer: Connection, message: PeerMessage): void {
  peer.send(LANE_OF[message.kind], encodeMessageFrame(message));
}

function readFrom(peer: Connection, read: () => BoundBlock | undefined): BoundBlock | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    peer.penalize(50);
    return undefined;
  }
}
