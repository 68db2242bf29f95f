import { step as consensusStep, type Input, type State, type StepResult } from "@ropenet/consensus";
import type { NodeConfig, NodeKeys } from "@ropenet/node";
import {
  APPLICATION_PREFIX,
  type Cancel,
  type Clock,
  type CommittedBlock,
  createEngine,
  type Engine,
  hasHistory,
  type KeyValueStore,
  type Ledger,
  openCheckpointKey,
  openLedger,
  openSigner,
  openWal,
  readBelow,
  type Signer,
  type Wal,
} from "@ropenet/node/parts";
import { CodedError, LocalFault, type SignedVote, VOTE_TYPE, type Vote } from "@ropenet/protocol";
import { CHAIN_ID, type ChainSetup, GENESIS_MS, type HomeRuntime } from "./chain.ts";
import {
  type CrashStyle,
  type DiskOperation,
  type FailPoint,
  SimulatedCrash,
  SimulatedDisk,
} from "./disk.ts";
import type { EventQueue } from "./event-queue.ts";
import { createSwitchboard, type Machine, type Wires } from "./network.ts";
import { Random } from "./random.ts";

const ignore = (): void => undefined;
const SILENT = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
} as unknown as Parameters<typeof createEngine>[1]["logger"];

export type Step = typeof consensusStep;

/** Parts of a node put in the place of the real ones: by planted faults and by Byzantine hosts. */
export interface Replacements {
  readonly step?: (step: Step) => Step;
  readonly wal?: (wal: Wal) => Wal;
  readonly store?: (store: KeyValueStore) => KeyValueStore;
  /** a signer that starts every life with an empty record */
  readonly forgetfulSigner?: boolean;
  /** What goes out to `peer` in place of `message`. */
  readonly outgoing?: (message: Uint8Array, peer: number) => readonly Uint8Array[];
}

/** What is seen of a host from above. */
export interface HostEvents {
  onCommitted(host: Host, block: CommittedBlock): void;
  onHalted(host: Host, detail: string): void;
  onSigned(host: Host, vote: SignedVote): void;
  onSent(host: Host, message: Uint8Array): void;
  onStepped(host: Host, state: State): void;
  onCrashed(host: Host, style: CrashStyle): void;
  /** an error that is none of the simulation's own */
  onFailed(host: Host, error: unknown): void;
}

export interface HostOptions {
  readonly index: number;
  /** its number among the validators: twins share one */
  readonly validator: number;
  readonly keys: NodeKeys;
  readonly seed: number;
  readonly chain: ChainSetup;
  readonly config: NodeConfig;
  readonly replacements: Replacements;
}

export interface HostWorld {
  readonly queue: EventQueue;
  readonly wires: Wires;
  readonly events: HostEvents;
}

/** How long an operation keeps the node waiting when the disk is well. */
const OPERATION_MS: Readonly<Record<DiskOperation, number>> = {
  append: 0.02,
  write: 0.02,
  truncate: 0.02,
  sync: 0.4,
  name: 0.4,
  batch: 0.8,
};

interface Life {
  readonly machine: Machine;
  engine?: Engine;
  ledger?: Ledger;
  runtime?: HomeRuntime;
  over: boolean;
}

/** A machine with a disk on which a node lives, dies and lives again. */
export class Host {
  readonly index: number;
  readonly validator: number;
  readonly keys: NodeKeys;
  readonly disk: SimulatedDisk;
  readonly #options: HostOptions;
  readonly #world: HostWorld;
  readonly #random: Random;
  #life: Life | undefined;
  #lives = 0;
  #crashes = 0;
  #state: State | undefined;
  #wallOffsetMs = 0;
  #busyUntilMs = 0;
  /** what the disk has cost in the current turn */
  #spentMs = 0;
  #slowSyncMs = 0;
  #armedOnPrecommit: FailPoint | undefined;

  constructor(options: HostOptions, world: HostWorld) {
    this.index = options.index;
    this.validator = options.validator;
    this.keys = options.keys;
    this.#options = options;
    this.#world = world;
    this.#random = new Random(options.seed, `host/${options.index}`);
    this.disk = this.#newDisk("disk");
  }

  get alive(): boolean {
    return this.#life !== undefined;
  }

  get crashes(): number {
    return this.#crashes;
  }

  get state(): State | undefined {
    return this.#life && this.#state;
  }

  get ledger(): Ledger | undefined {
    return this.#life?.ledger;
  }

  get height(): bigint {
    return this.#life?.ledger?.tip().height ?? -1n;
  }

  #newDisk(stream: string): SimulatedDisk {
    return new SimulatedDisk(new Random(this.#options.seed, `${stream}/${this.index}`), {
      onOperation: (operation) => {
        this.#spentMs += OPERATION_MS[operation];
        if (operation === "sync" || operation === "batch") this.#spentMs += this.#slowSyncMs;
      },
    });
  }

  nowMs(): number {
    return Math.max(this.#world.queue.nowMs, this.#busyUntilMs) + this.#spentMs;
  }

  setWallClock(offsetMs: number): void {
    this.#wallOffsetMs = offsetMs;
  }

  jumpWallClock(jumpMs: number): void {
    this.#wallOffsetMs += jumpMs;
  }

  setSlowDisk(syncMs: number): void {
    this.#slowSyncMs = syncMs;
  }

  arm(point: FailPoint, trigger: "now" | "precommit"): void {
    // On a host that is down it will come while the next life opens its files.
    if (trigger === "now") this.disk.failPoint = { ...point };
    else this.#armedOnPrecommit = { ...point };
  }

  armRead(after: number): void {
    this.disk.badRead = { after };
  }

  disarm(): void {
    this.disk.failPoint = undefined;
    this.disk.badRead = undefined;
    this.#armedOnPrecommit = undefined;
  }

  /** Takes in the next transaction of a client, by what this node knows of it. */
  submit(client: number): void {
    const { chain } = this.#options;
    const life = this.#life;
    this.#turn(life, () => {
      const { engine, runtime } = life ?? {};
      if (!engine || !runtime) return;
      const sender = chain.senderOf(client);
      const nonce = engine.mempool.pendingNonce(sender) ?? runtime.queries.account(sender).nonce;
      try {
        engine.submit(chain.transaction(client, Number(nonce)));
      } catch (error) {
        // The mempool's refusal.
        if (!(error instanceof CodedError)) throw error;
      }
    });
  }

  /** Opens what is on the disk and joins the network. */
  async boot(): Promise<void> {
    if (this.#life) return;
    this.#lives += 1;
    const life = this.#newLife();
    this.#life = life;
    this.#state = undefined;
    this.#busyUntilMs = Math.max(this.#busyUntilMs, this.#world.queue.nowMs);
    this.#spentMs = 0;
    try {
      const { engine, ledger, runtime } = this.#assemble(life);
      life.engine = engine;
      life.ledger = ledger;
      life.runtime = runtime;
      await engine.start();
    } catch (error) {
      this.#ended(life, error);
    } finally {
      this.#settle();
    }
  }

  /** Ends the life of the node here and now, outside any turn of its own. */
  crash(style: CrashStyle): void {
    if (this.#life) this.#ended(this.#life, new SimulatedCrash(style));
  }

  #settle(): void {
    this.#busyUntilMs = this.nowMs();
    this.#spentMs = 0;
  }

  #turn(life: Life | undefined, action: () => void): void {
    if (!life || life.over) return;
    const { queue } = this.#world;
    // The node is one thread: while it waits for its disk, everything else waits.
    if (this.#busyUntilMs > queue.nowMs) {
      queue.at(this.#busyUntilMs, () => this.#turn(life, action));
      return;
    }
    try {
      action();
    } catch (error) {
      this.#ended(life, error);
    } finally {
      this.#settle();
    }
  }

  #ended(life: Life, error: unknown): void {
    life.over = true;
    if (this.#life !== life) return;
    this.#life = undefined;
    this.disarm();
    const { wires, queue, events } = this.#world;
    this.#crashes += 1;
    const crash = crashBehind(error);
    // The node ends itself where its store fails; whatever else it throws is a fault of its own.
    const isMeant = crash !== undefined || error instanceof LocalFault;
    const style = crash?.style ?? "process";
    wires.unplug(this.index, style === "power", queue.nowMs);
    if (style === "power") this.disk.cutPower();
    if (isMeant) events.onCrashed(this, style);
    else events.onFailed(this, error);
  }

  #newLife(): Life {
    const host = this;
    const { queue } = this.#world;
    const life: { -readonly [K in keyof Life]: Life[K] } = {
      over: false,
      machine: undefined as unknown as Machine,
    };
    const later = (atMs: number, action: () => void): void =>
      queue.at(atMs, () => host.#turn(life, action));
    const clock = this.#clock(later);
    life.machine = {
      index: this.index,
      publicKey: this.keys.publicKey,
      nowMs: () => host.nowMs(),
      later,
      get alive(): boolean {
        return !life.over;
      },
      outgoing(bytes, to): readonly Uint8Array[] {
        const { outgoing } = host.#options.replacements;
        const messages = outgoing ? outgoing(bytes, to) : [bytes];
        for (const message of messages) host.#world.events.onSent(host, message);
        return messages;
      },
      clock,
    };
    return life;
  }

  #clock(later: (atMs: number, action: () => void) => void): Clock {
    const bootMs = this.#random.below(1_000_000);
    const after = (delayMs: number, action: () => void): Cancel => {
      let cancelled = false;
      later(this.nowMs() + Math.max(0, delayMs), () => {
        if (!cancelled) action();
      });
      return () => {
        cancelled = true;
      };
    };
    return {
      wallMs: () => Math.floor(GENESIS_MS + 1_000 + this.nowMs() + this.#wallOffsetMs),
      monotonicMs: () => bootMs + this.nowMs(),
      after,
      every(periodMs, action): Cancel {
        let cancel: Cancel = () => undefined;
        const again = (): void => {
          cancel = after(periodMs, () => {
            again();
            action();
          });
        };
        again();
        return () => cancel();
      },
      soon: (action) => after(0, action),
    };
  }

  #assemble(life: Life): Required<Pick<Life, "engine" | "ledger" | "runtime">> {
    const { chain, keys, replacements, config } = this.#options;
    const { wires, events } = this.#world;
    const { disk } = this;
    const store = replacements.store?.(disk.store()) ?? disk.store();
    const mustExist = hasHistory(store) && !replacements.forgetfulSigner;
    const files = replacements.forgetfulSigner ? this.#newDisk(`fresh/${this.#lives}`) : disk;
    const signer = openSigner({
      file: "/signer.state",
      secretKey: keys.secretKey,
      address: keys.address,
      chainId: CHAIN_ID,
      mustExist,
      fileSystem: files,
    });
    const { bridge } = keys;
    const checkpointKey =
      bridge &&
      openCheckpointKey({ file: "/checkpoint.state", keys: bridge, mustExist, fileSystem: files });
    const wal = openWal("/consensus.wal", disk);
    const runtime = chain.runtime(readBelow(store, APPLICATION_PREFIX));
    const ledger = openLedger(
      {
        genesisFile: "genesis",
        genesisBytes: chain.genesisBytes,
        chainId: CHAIN_ID,
        genesisTimeMs: BigInt(GENESIS_MS),
        evidenceBlocks: 20_000n,
      },
      { store, application: runtime.application },
    );
    const engine = createEngine(config, {
      home: {
        keys,
        ledger,
        runtime,
        wal: replacements.wal?.(wal) ?? wal,
        signer: this.#watched(signer),
        checkpointKey,
      },
      events: {
        onCommitted: (block) => events.onCommitted(this, block),
        onHalted: ({ detail, cause }) =>
          cause ? this.#ended(life, cause) : events.onHalted(this, detail),
      },
      logger: SILENT,
      surroundings: {
        clock: life.machine.clock,
        random: () => this.#random.next(),
        createNetwork: (options, parts) => {
          const board = createSwitchboard(life.machine, options, parts.events);
          wires.plug(board);
          return board;
        },
        step: this.#watchedStep(replacements.step?.(consensusStep) ?? consensusStep),
      },
    });
    return { engine, ledger, runtime };
  }

  #watched(signer: Signer): Signer {
    return {
      signProposal: (proposal) => signer.signProposal(proposal),
      signVote: (vote) => {
        const signed = signer.signVote(vote);
        this.#world.events.onSigned(this, signed);
        if (this.#armedOnPrecommit && isPrecommit(vote)) {
          this.disk.failPoint = this.#armedOnPrecommit;
          this.#armedOnPrecommit = undefined;
        }
        return signed;
      },
      // Without a memory it has nothing to compare: what it signs again is for the other checks to find.
      assertKnown: (signed) => {
        if (!this.#options.replacements.forgetfulSigner) signer.assertKnown(signed);
      },
      said: () => signer.said(),
      forgo: (height) => signer.forgo(height),
      isSpoilt: signer.isSpoilt,
      close: () => signer.close(),
    };
  }

  #watchedStep(step: Step): Step {
    return (state: State, input: Input): StepResult => {
      const result = step(state, input);
      if (result.state !== state) {
        this.#state = result.state;
        this.#world.events.onStepped(this, result.state);
      }
      return result;
    };
  }
}

/** The node may have wrapped it in an error of its own on its way up. */
function crashBehind(error: unknown): SimulatedCrash | undefined {
  if (error instanceof SimulatedCrash) return error;
  return error instanceof Error && error.cause !== undefined ? crashBehind(error.cause) : undefined;
}

function isPrecommit({ type, blockId }: Vote): boolean {
  return type === VOTE_TYPE.precommit && blockId.some((byte) => byte !== 0);
}
