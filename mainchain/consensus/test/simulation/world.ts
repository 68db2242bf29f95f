import {
  bytesToHex,
  type Commit,
  equalBytes,
  type ValidatorSet,
  VOTE_TYPE,
} from "@ropenet/protocol";
import { addressOf, signatureOf, validatorsOf } from "../fixtures.ts";
import type { Environment, Message, StepFunction } from "./environment.ts";
import { Equivocator } from "./equivocator.ts";
import { EventQueue } from "./event-queue.ts";
import { HonestNode } from "./node.ts";
import { Random } from "./random.ts";

export interface Scenario {
  readonly seed: number;
  readonly powers: readonly number[];
  readonly equivocators: readonly number[];
  readonly silent: readonly number[];
  readonly heights: bigint;
  /** until then messages are lost, late, doubled, and nodes crash */
  readonly healAtMs: number;
  readonly dropRate: number;
  readonly crashRate: number;
  readonly step: StepFunction;
}

export interface Outcome {
  readonly violations: readonly string[];
  readonly rounds: number;
  readonly crashes: number;
  readonly evidence: number;
}

/** A run may need this long after healing: tens of capped rounds. */
const PATIENCE_MS = 90_000;

export class World implements Environment {
  readonly random: Random;
  readonly queue: EventQueue = new EventQueue();
  readonly validators: ValidatorSet;
  readonly nodes: Map<number, HonestNode> = new Map();
  readonly equivocators: Equivocator[];
  #rounds = 0;
  #crashes = 0;
  readonly #scenario: Scenario;
  readonly #violations = new Set<string>();
  readonly #accused = new Set<string>();
  readonly #blocks = new Map<string, { readonly height: bigint; readonly valid: boolean }>();
  readonly #blockIds = new Map<bigint, Uint8Array[]>();
  readonly #decisions = new Map<bigint, Uint8Array>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.random = new Random(scenario.seed);
    this.validators = validatorsOf(scenario.powers);
    scenario.powers.forEach((_, index) => {
      if (scenario.equivocators.includes(index) || scenario.silent.includes(index)) return;
      this.nodes.set(index, new HonestNode(this, index, addressOf(index), scenario.step));
    });
    this.equivocators = scenario.equivocators.map((index) => new Equivocator(this, index));
  }

  get healed(): boolean {
    return this.queue.nowMs >= this.#scenario.healAtMs;
  }

  run(): Outcome {
    for (const node of this.nodes.values()) node.startHeight(1n);
    this.#every(300, () => {
      for (const node of this.nodes.values()) node.tick();
    });
    this.#every(40, () => {
      for (const equivocator of this.equivocators) equivocator.act();
    });
    const deadline = this.#scenario.healAtMs + PATIENCE_MS;
    while (!this.#finished()) {
      if (this.queue.nowMs > deadline || !this.queue.runNext()) {
        this.violate("no decision although the network healed");
        break;
      }
    }
    return {
      violations: [...this.#violations],
      rounds: this.#rounds,
      crashes: this.#crashes,
      evidence: this.#accused.size,
    };
  }

  #finished(): boolean {
    return [...this.nodes.values()].every((node) => node.decisions.has(this.#scenario.heights));
  }

  #every(periodMs: number, run: () => void): void {
    this.queue.after(periodMs, () => {
      run();
      this.#every(periodMs, run);
    });
  }

  roundStarted(round: number): void {
    this.#rounds = Math.max(this.#rounds, round);
  }

  violate(what: string): void {
    this.#violations.add(what);
  }

  /** A crash after the WAL append and before any effect: the worst moment. */
  crashesNow(): boolean {
    const crashes = !this.healed && this.random.chance(this.#scenario.crashRate);
    if (crashes) this.#crashes += 1;
    return crashes;
  }

  broadcast(from: number, message: Message): void {
    for (const index of this.nodes.keys()) if (index !== from) this.send(index, message);
  }

  send(to: number, message: Message): void {
    const node = this.nodes.get(to);
    if (!node) return;
    const copies = this.healed ? 1 : 1 + Number(this.random.chance(0.1));
    for (let copy = 0; copy < copies; copy += 1) {
      if (!this.healed && this.random.chance(this.#scenario.dropRate)) continue;
      const slow = !this.healed && this.random.chance(0.2);
      this.queue.after(1 + this.random.below(slow ? 1_500 : 30), () => node.receive(message));
    }
  }

  newBlock(height: bigint, valid: boolean): Uint8Array {
    const blockId = Uint8Array.from({ length: 32 }, () => 1 + this.random.below(255));
    this.#blocks.set(bytesToHex(blockId), { height, valid });
    this.#blockIds.set(height, [...this.blocksAt(height), blockId]);
    return blockId;
  }

  blocksAt(height: bigint): readonly Uint8Array[] {
    return this.#blockIds.get(height) ?? [];
  }

  isValid(height: bigint, blockId: Uint8Array): boolean {
    const block = this.#blocks.get(bytesToHex(blockId));
    return block?.height === height && block.valid;
  }

  accused(validator: Uint8Array): void {
    this.#accused.add(bytesToHex(validator));
    const index = this.validators.findIndex(({ address }) => equalBytes(address, validator));
    if (this.nodes.has(index)) this.violate("an honest node was accused");
  }

  decided(height: bigint, commit: Commit): void {
    const known = this.#decisions.get(height);
    if (known && !equalBytes(known, commit.blockId)) this.violate("two blocks at one height");
    this.#decisions.set(height, commit.blockId);
    if (!this.isValid(height, commit.blockId)) this.violate("an invalid block was decided");
    if (!this.#isCommit(height, commit)) this.violate("a commit that no light client accepts");
  }

  #isCommit(height: bigint, commit: Commit): boolean {
    const signers = this.validators.filter(
      (_, index) => ((commit.bitmap[index >> 3] ?? 0) >> (index & 7)) & 1,
    );
    const total = this.validators.reduce((sum, { power }) => sum + power, 0n);
    const signed = signers.reduce((sum, { power }) => sum + power, 0n);
    return (
      commit.height === height &&
      signed * 3n > total * 2n &&
      signers.length === commit.signatures.length &&
      signers.every(({ address }, at) =>
        equalBytes(
          commit.signatures[at] ?? new Uint8Array(0),
          signatureOf({
            type: VOTE_TYPE.precommit,
            height,
            round: commit.round,
            blockId: commit.blockId,
            validator: address,
          }),
        ),
      )
    );
  }
}
