import type { State } from "@ropenet/consensus";
import { bytesToHex } from "@ropenet/protocol";
import { Equivocator, forgetLock, inventing, nameOf } from "./byzantine.ts";
import { type ChainSetup, createChain, keysOf, NODE_CONFIGS } from "./chain.ts";
import { EventQueue } from "./event-queue.ts";
import { PLANTED_FAULTS, type PlantedFault } from "./faults.ts";
import { Host, type HostEvents, type Replacements } from "./host.ts";
import { createSwitchboard, type Machine, type Switchboard, Wires } from "./network.ts";
import { Observer, type Violation } from "./observer.ts";
import { Random } from "./random.ts";
import type { ByzantineKind, FaultEvent, Scenario } from "./scenario.ts";
import { withSignatures } from "./signatures.ts";
import { Trace } from "./trace.ts";

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly trace: string;
  /** the highest height that was committed */
  readonly height: bigint;
  /** the latest round in which anything was decided or tried */
  readonly rounds: number;
  readonly crashes: number;
  readonly events: number;
  readonly simulatedMs: number;
}

/** Heights that every honest node must add once the network is well, and how long they may take. */
const LIVELY_HEIGHTS = 3n;
const LIVELY_MS = 120_000;
const TICK_MS = 50;
const ACT_MS = 40;
const LOAD_MS = 400;

/** Runs a scenario to its end, on the code as it is or with a fault planted into every honest node. */
export function run(scenario: Scenario, fault?: PlantedFault): Promise<Outcome> {
  return withSignatures(scenario.signatures, () => new World(scenario, fault).run());
}

const chains = new Map<string, ChainSetup>();

function chainOf({ application, signatures, powers }: Scenario): ChainSetup {
  const name = `${application}/${signatures}/${powers.join()}`;
  let chain = chains.get(name);
  if (!chain) {
    chain = createChain(application, powers);
    if (chains.size > 200) chains.clear();
    chains.set(name, chain);
  }
  return chain;
}

class World {
  readonly #scenario: Scenario;
  readonly #random: Random;
  readonly #queue = new EventQueue();
  readonly #wires: Wires;
  readonly #trace = new Trace();
  readonly #observer: Observer;
  readonly #chain: ChainSetup;
  readonly #honest: Host[] = [];
  readonly #byzantine: Host[] = [];
  readonly #equivocators: { readonly board: Switchboard; readonly mind: Equivocator }[] = [];
  #byzantineActs = true;
  #healed = false;
  #rounds = 0;
  #crashes = 0;
  #over = false;

  constructor(scenario: Scenario, fault: PlantedFault | undefined) {
    this.#scenario = scenario;
    this.#random = new Random(scenario.seed, "world");
    this.#wires = new Wires(new Random(scenario.seed, "wires"));
    this.#chain = chainOf(scenario);
    const faulty = scenario.byzantine.map(({ validator }) => validator);
    this.#observer = new Observer(this.#chain, scenario.powers, faulty, () => this.#queue.nowMs);
    scenario.powers.forEach((_, validator) => {
      if (faulty.includes(validator)) return;
      const replacements = fault ? PLANTED_FAULTS[fault] : {};
      this.#honest.push(this.#host(validator, validator, replacements));
    });
    for (const { validator, kind } of scenario.byzantine) this.#addByzantine(validator, kind);
  }

  async run(): Promise<Outcome> {
    for (const host of [...this.#honest, ...this.#byzantine]) {
      this.#queue.at(this.#random.below(30), () => host.boot());
    }
    for (const event of this.#scenario.schedule) {
      this.#queue.at(event.atMs, () => this.#happen(event));
    }
    this.#queue.at(this.#scenario.healAtMs, () => this.#heal());
    this.#every(TICK_MS, () => this.#wires.tick(this.#queue.nowMs));
    this.#every(ACT_MS, () => this.#act());
    while (!this.#over && this.#observer.violations.length === 0) {
      this.#trace.number(this.#queue.nextAtMs);
      const pending = this.#queue.runNext();
      if (pending instanceof Promise) await pending;
    }
    this.#audit();
    return {
      seed: this.#scenario.seed,
      violations: this.#observer.violations,
      trace: this.#trace.digest(),
      height: this.#observer.height,
      rounds: this.#rounds,
      crashes: this.#crashes,
      events: this.#queue.count,
      simulatedMs: Math.round(this.#queue.nowMs),
    };
  }

  #every(periodMs: number, action: () => void): void {
    this.#queue.after(periodMs, () => {
      action();
      this.#every(periodMs, action);
    });
  }

  #host(index: number, validator: number, replacements: Replacements): Host {
    const { seed, timeouts } = this.#scenario;
    const isHonest = !this.#scenario.byzantine.some((one) => one.validator === validator);
    return new Host(
      {
        index,
        validator,
        keys: keysOf(validator),
        seed,
        chain: this.#chain,
        config: NODE_CONFIGS[timeouts],
        replacements,
      },
      {
        queue: this.#queue,
        wires: this.#wires,
        events: isHonest ? this.#honestEvents() : this.#byzantineEvents(),
      },
    );
  }

  #honestEvents(): HostEvents {
    const observer = this.#observer;
    const trace = this.#trace;
    return {
      onCommitted: ({ index }, block) => {
        trace.number(index);
        trace.bytes(block.blockId);
        observer.committed(index, block);
      },
      onHalted: ({ index }, detail) => observer.violate("halted", `host ${index}: ${detail}`),
      onSigned: (_host, vote) => observer.signed(vote),
      onSent: ({ index }, message) => {
        trace.number(index);
        trace.bytes(message);
        observer.sent(message);
      },
      onStepped: ({ index }, state) => {
        this.#rounds = Math.max(this.#rounds, state.current?.round ?? 0);
        observer.stepped(index, state);
      },
      onCrashed: ({ index }, style) => {
        trace.text(`${index} ${style}`);
        this.#crashes += 1;
      },
      onFailed: ({ index }, error) => {
        const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
        observer.violate("failed", `host ${index}: ${what}`);
      },
    };
  }

  #byzantineEvents(): HostEvents {
    const ignore = (): void => undefined;
    return {
      onCommitted: ignore,
      onHalted: ignore,
      onSigned: ignore,
      onSent: ({ index }, message) => {
        this.#trace.number(index);
        this.#trace.bytes(message);
      },
      onStepped: ignore,
      onCrashed: ignore,
      onFailed: ignore,
    };
  }

  #addByzantine(validator: number, kind: ByzantineKind): void {
    const random = new Random(this.#scenario.seed, `byzantine/${validator}`);
    switch (kind) {
      case "silent":
        return;
      case "equivocator":
        this.#addEquivocator(validator, random);
        return;
      case "amnesiac":
        this.#byzantine.push(
          this.#host(validator, validator, { step: forgetLock, forgetfulSigner: true }),
        );
        return;
      case "inventor":
        this.#byzantine.push(
          this.#host(validator, validator, inventing(keysOf(validator), random)),
        );
        return;
      case "twins": {
        const twin = this.#scenario.powers.length + this.#byzantine.length;
        this.#byzantine.push(this.#host(validator, validator, {}), this.#host(twin, validator, {}));
      }
    }
  }

  /** No node at all: a key, connections, and bad intent. */
  #addEquivocator(validator: number, random: Random): void {
    const keys = keysOf(validator);
    const queue = this.#queue;
    const nowMs = (): number => queue.nowMs;
    const never = (): void => undefined;
    const machine: Machine = {
      index: validator,
      publicKey: keys.publicKey,
      alive: true,
      nowMs,
      later: (atMs, action) => queue.at(atMs, action),
      outgoing: (bytes) => {
        this.#trace.bytes(bytes);
        return [bytes];
      },
      clock: {
        wallMs: nowMs,
        monotonicMs: nowMs,
        after: () => never,
        every: () => never,
        soon: () => never,
      },
    };
    const identity = {
      ...keys,
      chainId: new Uint8Array(32),
      genesisHash: new Uint8Array(32),
      protocolVersion: 0,
      isAllowed: () => true,
    };
    const board = createSwitchboard(
      machine,
      { identity },
      { onConnect: never, onDisconnect: never, onMessage: never },
    );
    void board.start();
    this.#wires.plug(board);
    const mind = new Equivocator(keys, random, {
      stateOf: (publicKey) => this.#stateOf(publicKey),
      states: () => this.#honest.flatMap(({ state }) => state ?? []),
      blocksAt: (height) => this.#observer.blocksAt(height),
    });
    this.#equivocators.push({ board, mind });
  }

  #stateOf(publicKey: Uint8Array): State | undefined {
    const name = nameOf(publicKey);
    return this.#honest.find(({ keys }) => bytesToHex(keys.address) === name)?.state;
  }

  #act(): void {
    if (!this.#byzantineActs) return;
    for (const { board, mind } of this.#equivocators) mind.act(board.peers());
  }

  #happen(event: FaultEvent): void {
    if (this.#healed) return;
    switch (event.kind) {
      case "partition":
        this.#queue.at(event.untilMs, this.#wires.partition(event.side, event.style));
        break;
      case "chaos":
        this.#queue.at(event.untilMs, this.#wires.disturb(event));
        break;
      case "crash":
        this.#crash(event);
        break;
      case "badRead":
        this.#failRead(event);
        break;
      case "blackout":
        this.#blackout(event.downMs);
        break;
      case "clock":
        this.#at(event.host)?.jumpWallClock(event.jumpMs);
        break;
      case "slowDisk":
        this.#at(event.host)?.setSlowDisk(event.syncMs);
        this.#queue.at(event.untilMs, () => this.#at(event.host)?.setSlowDisk(0));
        break;
      case "transactions":
        this.#submit(event.host, event.client, event.count);
        break;
    }
  }

  #at(index: number): Host | undefined {
    return this.#honest.find((host) => host.index === index);
  }

  #crash({ host: index, point, trigger, downMs }: FaultEvent & { kind: "crash" }): void {
    const host = this.#at(index);
    if (!host) return;
    this.#reviveFromNext(host, downMs);
    host.arm(point, trigger);
  }

  #failRead({ host: index, after, downMs }: FaultEvent & { kind: "badRead" }): void {
    const host = this.#at(index);
    if (!host) return;
    this.#reviveFromNext(host, downMs);
    host.armRead(after);
  }

  /** Starts it again once it has gone down. */
  #reviveFromNext(host: Host, downMs: number): void {
    const crashes = host.crashes;
    const watch = (): void => {
      if (host.crashes > crashes) this.#queue.after(downMs, () => this.#boot(host));
      else if (!this.#healed) this.#queue.after(TICK_MS, watch);
    };
    this.#queue.after(TICK_MS, watch);
  }

  #blackout(downMs: number): void {
    for (const host of this.#honest) {
      host.crash("power");
      this.#queue.after(downMs + this.#random.below(200), () => this.#boot(host));
    }
  }

  async #boot(host: Host): Promise<void> {
    if (host.alive) return;
    await host.boot();
    if (host.ledger) this.#observer.reopened(host.index, host.ledger);
  }

  #submit(index: number, client: number, count: number): void {
    const host = this.#at(index);
    if (!host?.alive) return;
    for (let sent = 0; sent < count; sent += 1) host.submit(client);
  }

  #heal(): void {
    this.#healed = true;
    this.#byzantineActs = this.#scenario.byzantineForEver;
    this.#trace.text("healed");
    for (const host of this.#honest) {
      host.disarm();
      host.setSlowDisk(0);
      host.setWallClock(this.#random.between(-500, 500));
      if (!host.alive) this.#queue.after(this.#random.below(200), () => this.#boot(host));
    }
    const goal = this.#observer.height + LIVELY_HEIGHTS;
    const deadlineMs = this.#queue.nowMs + LIVELY_MS;
    this.#every(TICK_MS, () => this.#lookAtProgress(goal, deadlineMs));
    this.#every(LOAD_MS, () => this.#keepWorking());
  }

  #lookAtProgress(goal: bigint, deadlineMs: number): void {
    if (this.#honest.every(({ height }) => height >= goal)) this.#over = true;
    else if (this.#queue.nowMs > deadlineMs) {
      const heights = this.#honest.map(({ index, height }) => `${index}:${height}`);
      this.#observer.violate("stuck", `${heights.join(" ")} of ${goal}`);
    }
  }

  #keepWorking(): void {
    this.#random.pick(this.#honest).submit(this.#random.below(4));
  }

  #audit(): void {
    for (const { index, ledger } of this.#honest) if (ledger) this.#observer.audit(index, ledger);
  }
}
