import { isDeepStrictEqual } from "node:util";
import { bytesToHex, type Commit, decode, encode, equalBytes, type Vote } from "@ropenet/protocol";
import {
  type CatchUp,
  catchUpFor,
  createState,
  type Effect,
  type Input,
  inputCodec,
  type PeerPosition,
  resume,
  type State,
} from "../../src/index.ts";
import { CHAIN_ID, signVote } from "../fixtures.ts";
import { type Environment, type Message, OPTIONS, type StepFunction } from "./environment.ts";

/** An engine around `step`: WAL before effects, a signer that never signs twice, timers, block store. */
export class HonestNode {
  state: State = createState(OPTIONS);
  alive = true;
  readonly decisions: Map<bigint, Commit> = new Map();
  readonly #world: Environment;
  readonly #index: number;
  readonly #address: Uint8Array;
  readonly #step: StepFunction;
  #wal: Uint8Array[] = [];
  #life = 0;
  #lastPosition = "";
  readonly #signed = new Map<string, Vote>();
  readonly #blocks = new Set<string>();

  constructor(world: Environment, index: number, address: Uint8Array, stepFunction: StepFunction) {
    this.#world = world;
    this.#index = index;
    this.#address = address;
    this.#step = stepFunction;
  }

  get position(): PeerPosition {
    const height = this.state.current;
    return { height: height?.context.height ?? 0n, round: height?.round ?? -1 };
  }

  startHeight(height: bigint): void {
    this.#wal = [];
    this.input({
      kind: "startHeight",
      height,
      chainId: CHAIN_ID,
      validators: this.#world.validators,
      self: this.#address,
    });
    this.#later(this.#world.random.below(150), () =>
      this.input({ kind: "startRound", height, round: 0 }),
    );
  }

  input(input: Input): void {
    this.#wal.push(encode(inputCodec, input));
    if (this.#world.crashesNow()) {
      this.crash();
      return;
    }
    const { state, effects } = this.#step(this.state, input);
    this.state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  crash(): void {
    this.alive = false;
    this.#life += 1;
    const expected = this.#replay(createState(OPTIONS));
    this.#world.queue.after(50 + this.#world.random.below(800), () => this.#restart(expected));
  }

  #replay(from: State): State {
    return this.#wal.reduce(
      (state, record) => this.#step(state, decode(inputCodec, record)).state,
      from,
    );
  }

  #restart(expected: State): void {
    this.alive = true;
    this.state = this.#replay(createState(OPTIONS));
    if (!isDeepStrictEqual(this.state.current, expected.current)) {
      this.#world.violate("replay gave another state");
    }
    for (const effect of resume(this.state)) this.#carryOut(effect);
    if (this.state.current?.step !== "idle") return;
    this.input({ kind: "startRound", height: this.position.height, round: 0 });
  }

  receive(message: Message): void {
    if (!this.alive) return;
    switch (message.kind) {
      case "proposal":
      case "vote":
        this.input(message);
        break;
      case "block":
        this.#hold(message.blockId);
        break;
      case "wantBlock":
        if (this.#blocks.has(bytesToHex(message.blockId))) {
          this.#world.send(message.from, { kind: "block", blockId: message.blockId });
        }
        break;
      case "position":
        this.#help(message.from, message.position);
        break;
      case "sync":
        if (message.commit.height === this.position.height) {
          this.#decided(message.commit.height, message.commit);
        }
        break;
    }
  }

  /** Asks for help only where nothing moved since the last tick, as the engine does. */
  tick(): void {
    if (!this.alive) return;
    const { height, round } = this.position;
    const position = `${height}/${round}`;
    if (position === this.#lastPosition) {
      this.#world.broadcast(this.#index, {
        kind: "position",
        position: this.position,
        from: this.#index,
      });
      for (const block of this.state.current?.blocks.values() ?? []) {
        if (block.validity === "unknown") this.#want(block.blockId);
      }
    }
    this.#lastPosition = position;
  }

  #help(peer: number, position: PeerPosition): void {
    const commit = this.decisions.get(position.height);
    if (commit && position.height < this.position.height - 1n) {
      this.#world.send(peer, { kind: "sync", blockId: commit.blockId, commit });
      return;
    }
    const help: CatchUp = catchUpFor(this.state, position);
    for (const proposal of help.proposals) {
      this.#world.send(peer, { kind: "proposal", proposal });
      if (this.#blocks.has(bytesToHex(proposal.blockId))) {
        this.#world.send(peer, { kind: "block", blockId: proposal.blockId });
      }
    }
    for (const vote of help.votes) this.#world.send(peer, { kind: "vote", vote });
  }

  #carryOut(effect: Effect): void {
    // A crash while an earlier effect ran ends the life that owed the rest.
    if (!this.alive) return;
    switch (effect.kind) {
      case "scheduleTimeout":
        this.#later(effect.durationMs, () =>
          this.input({ kind: "timeout", timeout: effect.timeout }),
        );
        break;
      case "buildValue": {
        const { height, round } = effect;
        const blockId = this.#world.newBlock(height, true);
        this.#later(this.#world.random.below(20), () => {
          this.#blocks.add(bytesToHex(blockId));
          this.input({ kind: "valueBuilt", height, round, blockId });
        });
        break;
      }
      case "signAndBroadcastProposal": {
        const proposal = { ...effect.proposal, signature: new Uint8Array(64) };
        this.input({ kind: "proposal", proposal });
        this.#world.broadcast(this.#index, { kind: "proposal", proposal });
        this.#world.broadcast(this.#index, { kind: "block", blockId: proposal.blockId });
        break;
      }
      case "signAndBroadcastVote":
        this.#sign(effect.vote);
        break;
      case "validateBlock":
        this.#validate(effect.blockId);
        break;
      case "requestBlock":
        this.#want(effect.blockId);
        break;
      case "decide":
        this.#decided(effect.height, effect.commit);
        break;
      case "redeliver":
        for (const input of effect.inputs) if (this.alive) this.input(input);
        break;
      case "evidence":
        this.#world.accused(effect.evidence.first.validator);
        break;
      case "halt":
        this.#world.violate("halted");
        break;
      case "newRound":
        this.#world.roundStarted(effect.round);
        break;
    }
  }

  #sign(vote: Vote): void {
    const slot = `${vote.height}/${vote.round}/${vote.type}`;
    const before = this.#signed.get(slot);
    if (before && !equalBytes(before.blockId, vote.blockId)) {
      this.#world.violate("an honest node was asked to sign two votes");
    }
    this.#signed.set(slot, vote);
    const signed = signVote(vote);
    this.input({ kind: "vote", vote: signed });
    this.#world.broadcast(this.#index, { kind: "vote", vote: signed });
  }

  #hold(blockId: Uint8Array): void {
    this.#blocks.add(bytesToHex(blockId));
    const record = this.state.current?.blocks.get(bytesToHex(blockId));
    if (record?.validity === "unknown") this.#validate(blockId);
  }

  #validate(blockId: Uint8Array): void {
    if (!this.#blocks.has(bytesToHex(blockId))) return;
    const { height } = this.position;
    this.#later(this.#world.random.below(20), () =>
      this.input({
        kind: "blockValidated",
        height,
        blockId,
        valid: this.#world.isValid(height, blockId),
      }),
    );
  }

  #want(blockId: Uint8Array): void {
    if (this.#blocks.has(bytesToHex(blockId))) this.#validate(blockId);
    else this.#world.broadcast(this.#index, { kind: "wantBlock", blockId, from: this.#index });
  }

  #decided(height: bigint, commit: Commit): void {
    this.decisions.set(height, commit);
    this.#world.decided(height, commit);
    this.startHeight(height + 1n);
  }

  #later(delayMs: number, run: () => void): void {
    const life = this.#life;
    this.#world.queue.after(delayMs, () => {
      if (this.alive && life === this.#life) run();
    });
  }
}
