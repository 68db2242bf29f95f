import {
  type ConsensusOptions,
  createState,
  type Effect,
  type HeightInput,
  type Input,
  resume,
  type State,
  type StepResult,
  type Timeout,
} from "@ropenet/consensus";
import {
  type Application,
  bytesToHex,
  CodedError,
  type Commit,
  LocalFault,
  type SignedProposal,
  type SignedVote,
  type ValidatorSet,
} from "@ropenet/protocol";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { IncludedTransaction, Mempool } from "../mempool.ts";
import { isAuthentic } from "./authenticate.ts";
import type { BoundBlock } from "./block-body.ts";
import { fullCommit } from "./full-commit.ts";
import { createHeldBlocks } from "./held-blocks.ts";
import type { CommittedBlock, Ledger } from "./ledger.ts";
import { assertOwnWordsKnown, mustOutliveThePower } from "./own-words.ts";
import { createPace, type Pace, type PaceOptions } from "./pace.ts";
import { earlyLookMs, isHopeless } from "./patience.ts";
import { type Signer, SignerError } from "./signer.ts";
import { createTimers, type Timers } from "./timers.ts";
import type { Wal } from "./wal.ts";
import { encodeBlock, encodeInput, readRecords } from "./wal-record.ts";

/** How far a block's time may lie ahead of this clock before it is voted for. */
const MAX_CLOCK_DRIFT_MS = 10_000n;
const MAX_WAIT_MS = 60_000n;

/** What the driver needs of the rest of the node. All of it is called synchronously, in the order of effects. */
export interface DriverOutlet {
  sendVote(vote: SignedVote): void;
  sendProposal(proposal: SignedProposal, block: BoundBlock | undefined): void;
  /** Ask for a block until it comes or the height passes. */
  requestBlock(height: bigint, blockId: Uint8Array): void;
  /** Whether that validator can be heard directly, or is this node. */
  isConnected(validator: Uint8Array): boolean;
  /** height or round changed */
  moved(): void;
  committed(block: CommittedBlock): void;
  halted(reason: HaltReason): void;
}

/** Why this node cannot go on by itself. */
export interface HaltReason {
  /** the one that was being decided */
  readonly height: bigint;
  readonly detail: string;
  /** a fault of this machine, if it was one */
  readonly cause?: LocalFault | undefined;
}

export interface DriverOptions {
  readonly consensus: ConsensusOptions;
  /** this node's validator address */
  readonly self: Uint8Array;
  readonly block: PaceOptions & {
    readonly maxBytes: number;
    readonly maxTransactions: number;
  };
}

export interface DriverComponents {
  readonly ledger: Ledger;
  readonly application: Application;
  readonly mempool: Mempool;
  readonly wal: Wal;
  /** absent on observers */
  readonly signer: Signer | undefined;
  readonly outlet: DriverOutlet;
  readonly logger: Logger;
  readonly clock: Clock;
  /** the rules: consensus' own `step` */
  readonly step: (state: State, input: Input) => StepResult;
}

/** Consensus with its effects carried out. One input at a time, to the end; never re-entered. */
export interface Driver {
  /** Replays the log and takes up the current height. */
  start(): void;
  stop(): void;
  state(): State;
  /** Authenticated inputs only. */
  submit(input: HeightInput): void;
  /** A block for this height or the next, from a proposal or an answer. */
  offerBlock(bound: BoundBlock): void;
  heldBlock(blockId: Uint8Array): BoundBlock | undefined;
  /**
   * Block sync: the next block with a commit that was checked. If it is not valid here, this node halts.
   * @returns whether more blocks are of use
   */
  applySynced(bound: BoundBlock, commit: Commit): boolean;
  /** The rest after the last commit, in which transactions gather; longer under load, where each block costs as much. */
  pauseMs(): number;
  /** Leaves the idle step if something waits. Cheap; called often. */
  checkWork(): void;
}

export function createDriver(options: DriverOptions, components: DriverComponents): Driver {
  return new ConsensusDriver(options, components);
}

class ConsensusDriver implements Driver {
  readonly #options: DriverOptions;
  readonly #parts: DriverComponents;
  readonly #held = createHeldBlocks();
  readonly #timers: Timers;
  readonly #pace: Pace;
  /** what this node said itself goes first: a vote is counted here before anything follows from it */
  #own: Input[] = [];
  #inbox: Input[] = [];
  /** blocks that `validateBlock` or `requestBlock` wait for: id → whether two thirds vouch for it */
  readonly #awaited = new Map<string, boolean>();
  #state: State;
  #running = false;
  #stopped = false;

  constructor(options: DriverOptions, components: DriverComponents) {
    this.#options = options;
    this.#parts = components;
    this.#timers = createTimers(components.clock);
    this.#pace = createPace(options.block, components);
    this.#state = createState(options.consensus);
  }

  state(): State {
    return this.#state;
  }

  heldBlock(blockId: Uint8Array): BoundBlock | undefined {
    return this.#held.get(blockId);
  }

  start(): void {
    const { ledger, wal, step, logger } = this.#parts;
    const records = readRecords(wal, ledger.tip().height);
    assertOwnWordsKnown(records, ledger, this.#options.self, this.#parts.signer);
    if (records.length === 0) {
      this.#beginHeight();
    } else {
      for (const record of records) {
        if (record.kind === "block") this.#held.keep(record.bound);
        else this.#state = step(this.#state, record.input).state;
      }
      const position = this.#state.current;
      logger.info(
        {
          height: String(position?.context.height),
          round: position?.round,
          records: records.length,
        },
        "consensus resumed from its log",
      );
      // The process may have died before its last sync; what follows from these records must not outlive them.
      wal.sync();
      this.#run(() => this.#carryOut(resume(this.#state)));
    }
    this.#sayAgain();
    this.#drain();
  }

  /**
   * What this node signed in a round that a power cut took out of its log. It will sign nothing else there: were it
   * silent instead, a few such nodes could keep a round from ever having the two thirds of votes that end it.
   */
  #sayAgain(): void {
    const height = this.#parts.ledger.tip().height + 1n;
    const votes = this.#parts.signer?.said().filter((vote) => vote.height === height) ?? [];
    const [first] = votes;
    if (!first) return;
    this.#own.push({ kind: "startRound", height, round: first.round });
    for (const vote of votes) this.#own.push({ kind: "vote", vote });
  }

  stop(): void {
    this.#stopped = true;
    this.#timers.clear();
  }

  submit(input: HeightInput): void {
    this.#inbox.push(input);
    this.#drain();
  }

  offerBlock(bound: BoundBlock): void {
    this.#held.offer(bound);
    if (this.#awaited.has(bytesToHex(bound.blockId))) {
      this.#run(() => this.#validate(bound));
      this.#drain();
    }
  }

  applySynced(bound: BoundBlock, commit: Commit): boolean {
    if (this.#stopped) return false;
    try {
      this.#run(() => this.#commit(bound, commit));
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#halt(bound.block.header.height, `committed elsewhere: ${error.message}`);
    }
    this.#drain();
    return !this.#stopped;
  }

  checkWork(): void {
    const { current } = this.#state;
    if (this.#stopped || this.#running || current?.step !== "idle" || !this.#pace.hasWork()) return;
    this.submit({ kind: "startRound", height: current.context.height, round: 0 });
  }

  pauseMs(): number {
    return this.#pace.pauseMs();
  }

  #drain(): void {
    if (this.#running) return;
    for (;;) {
      const input = this.#own.shift() ?? this.#inbox.shift();
      if (!input || this.#stopped) return;
      this.#run(() => this.#process(input));
    }
  }

  /**
   * A step that is not carried out to its end is this node's last: it would go on from half of one. Where its own
   * store failed it says nothing about the block at all, neither yes nor no.
   */
  #run(work: () => void): void {
    if (this.#running) throw new Error("the consensus driver was re-entered");
    this.#running = true;
    try {
      work();
    } catch (error) {
      this.stop();
      if (!(error instanceof LocalFault)) throw error;
      this.#halt(this.#parts.ledger.tip().height + 1n, error.message, error);
    } finally {
      this.#running = false;
    }
  }

  #process(input: Input): void {
    const { wal, step } = this.#parts;
    const { state, effects } = step(this.#state, input);
    // What changes nothing is nothing to replay, and may be sent without end.
    if (state === this.#state && effects.length === 0) return;
    wal.append(encodeInput(input));
    this.#state = state;
    if (effects.length === 0) return;
    if (effects.some(mustOutliveThePower)) wal.sync();
    else wal.flush();
    this.#carryOut(effects);
  }

  #carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) this.#execute(effect);
  }

  #execute(effect: Effect): void {
    switch (effect.kind) {
      case "newRound":
        this.#parts.outlet.moved();
        break;
      case "scheduleTimeout":
        this.#scheduleTimeout(effect.timeout, effect.durationMs);
        break;
      case "buildValue":
        this.#build(effect.height, effect.round);
        break;
      case "signAndBroadcastProposal":
        this.#sign((signer) => this.#say(signer.signProposal(effect.proposal)));
        break;
      case "signAndBroadcastVote":
        this.#sign((signer) => this.#vote(signer.signVote(effect.vote)));
        break;
      case "validateBlock":
        this.#await(effect.height, effect.blockId, false);
        break;
      case "requestBlock":
        this.#await(effect.height, effect.blockId, true);
        break;
      case "decide":
        this.#decide(effect.blockId, effect.commit);
        break;
      case "evidence":
        this.#parts.ledger.evidence.add(effect.evidence);
        break;
      case "redeliver":
        this.#redeliver(effect.inputs);
        break;
      case "halt":
        this.#halt(effect.height, `${effect.reason} ${bytesToHex(effect.blockId)}`);
        break;
    }
  }

  #scheduleTimeout(timeout: Timeout, durationMs: number): void {
    const { outlet } = this.#parts;
    const expire = (): void => this.submit({ kind: "timeout", timeout });
    this.#timers.after(durationMs, expire);
    const lookMs = earlyLookMs(timeout);
    if (lookMs === undefined || lookMs >= durationMs) return;
    this.#timers.after(lookMs, () => {
      if (isHopeless(this.#state, timeout, outlet.isConnected)) expire();
    });
  }

  #say(proposal: SignedProposal): void {
    this.#parts.outlet.sendProposal(proposal, this.#held.get(proposal.blockId));
    this.#own.push({ kind: "proposal", proposal });
  }

  #vote(vote: SignedVote): void {
    this.#parts.outlet.sendVote(vote);
    this.#own.push({ kind: "vote", vote });
  }

  /** A refusal of the signer is silence: other validators go on, and no log line may become a vote. */
  #sign(action: (signer: Signer) => void): void {
    const { signer, logger } = this.#parts;
    if (!signer) return;
    try {
      action(signer);
    } catch (error) {
      if (!(error instanceof SignerError)) throw error;
      logger.warn({ code: error.code, height: String(error.info.height) }, "not signed");
    }
  }

  #build(height: bigint, round: number): void {
    const { ledger, application, mempool, clock, logger } = this.#parts;
    const { maxBytes, maxTransactions } = this.#options.block;
    const candidates = mempool.candidates(2 * maxBytes);
    const transactions = application.buildBlock(candidates, { maxBytes, maxTransactions });
    if (transactions.length < Math.min(candidates.length, maxTransactions)) {
      const chosen = new Set(transactions);
      mempool.recheck(candidates.filter((candidate) => !chosen.has(candidate)));
    }
    const bound = ledger.build({
      transactions,
      lastCommit: this.#lastCommit(),
      proposer: this.#options.self,
      nowMs: BigInt(clock.wallMs()),
    });
    try {
      ledger.verify(bound);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      logger.error({ code: error.code, height: String(height) }, "own block is not valid");
      return;
    }
    this.#keep(bound);
    this.#own.push({ kind: "valueBuilt", height, round, blockId: bound.blockId });
  }

  #lastCommit(): Commit {
    const { ledger } = this.#parts;
    const { commit, header } = ledger.tip();
    const validators = header && ledger.blocks.validators(header.validatorsHash);
    return validators ? fullCommit(this.#state, validators, commit) : commit;
  }

  #await(height: bigint, blockId: Uint8Array, vouched: boolean): void {
    this.#awaited.set(bytesToHex(blockId), vouched);
    const bound = this.#held.get(blockId);
    if (bound) this.#validate(bound);
    else this.#parts.outlet.requestBlock(height, blockId);
  }

  /**
   * Answers with what the block is worth. A time too far ahead of this clock is no property of the block, hence
   * no answer: the round may pass, or two thirds vouch for it, or the time comes.
   */
  #validate(bound: BoundBlock): void {
    const { ledger, clock, logger } = this.#parts;
    const id = bytesToHex(bound.blockId);
    const height = ledger.tip().height + 1n;
    const earlyMs = bound.block.header.timeMs - MAX_CLOCK_DRIFT_MS - BigInt(clock.wallMs());
    if (earlyMs > 0n && this.#awaited.get(id) !== true) {
      logger.warn({ height: String(height), earlyMs: String(earlyMs) }, "block from the future");
      const waitMs = Number(earlyMs < MAX_WAIT_MS ? earlyMs : MAX_WAIT_MS);
      this.#timers.after(waitMs, () => this.offerBlock(bound));
      return;
    }
    let valid = true;
    try {
      ledger.verify(bound);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      logger.warn({ code: error.code, height: String(height) }, "block refused");
      valid = false;
    }
    this.#awaited.delete(id);
    if (valid) this.#keep(bound);
    this.#own.push({ kind: "blockValidated", height, blockId: bound.blockId, valid });
  }

  #keep(bound: BoundBlock): void {
    this.#held.keep(bound);
    this.#parts.wal.append(encodeBlock(bound));
  }

  #decide(blockId: Uint8Array, commit: Commit): void {
    const bound = this.#held.get(blockId);
    if (!bound) throw new Error("decided a block that is not held");
    this.#commit(bound, commit);
  }

  #commit(bound: BoundBlock, commit: Commit): void {
    const { ledger, mempool, outlet } = this.#parts;
    const decided = ledger.commit(bound, commit);
    const { height } = decided.block.header;
    this.#pace.committed(decided.block.transactions.length);
    this.#held.prune(height);
    this.#awaited.clear();
    this.#timers.clear();
    mempool.update(includedIn(decided), height);
    this.#beginHeight();
    outlet.committed(decided);
  }

  #beginHeight(): void {
    const { ledger, wal } = this.#parts;
    wal.reset();
    this.#own.unshift({
      kind: "startHeight",
      height: ledger.tip().height + 1n,
      chainId: ledger.chainId,
      validators: ledger.validators(),
      self: this.#parts.signer ? this.#options.self : null,
    });
  }

  #redeliver(inputs: readonly Input[]): void {
    const validators: ValidatorSet = this.#state.current?.context.validators ?? [];
    for (const input of inputs) {
      if (isAuthentic(this.#parts.ledger.chainId, validators, input)) this.#own.push(input);
    }
  }

  #halt(height: bigint, detail: string, cause?: LocalFault): void {
    this.stop();
    this.#parts.outlet.halted({ height, detail, cause });
  }
}

function includedIn({ block, result }: CommittedBlock): readonly IncludedTransaction[] {
  return result.transactions.map(({ id }, index) => ({
    id,
    transaction: block.transactions[index] as Uint8Array,
  }));
}
