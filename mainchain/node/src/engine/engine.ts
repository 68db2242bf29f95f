import { step } from "@ropenet/consensus";
import {
  type Application,
  addressOf,
  bytesToHex,
  equalBytes,
  PROTOCOL_VERSION,
  type ValidatorSet,
} from "@ropenet/protocol";
import type { Queries } from "@ropenet/runtime";
import type { Logger } from "pino";
import { type Cancel, type Clock, SYSTEM_CLOCK } from "../clock.ts";
import type { NodeConfig } from "../config.ts";
import type { Home } from "../home.ts";
import { createMempool, type Mempool } from "../mempool.ts";
import { type Meter, SILENT_METER } from "../metrics/meter.ts";
import { watchChecks } from "../metrics/watched.ts";
import type { BanBook } from "../p2p/ban-book.ts";
import type { NodeIdentity } from "../p2p/handshake.ts";
import { createNetwork, type Network, type NetworkEvents } from "../p2p/network.ts";
import type { RpcMethods } from "../rpc/schema.ts";
import type { SnapshotShelf } from "../snapshot/shelf.ts";
import { type BlockSync, createBlockSync } from "./block-sync.ts";
import { type CheckpointDuty, createCheckpointDuty } from "./checkpoint-duty.ts";
import { createDriver, type Driver, type DriverOutlet, type HaltReason } from "./driver.ts";
import type { CommittedBlock } from "./ledger.ts";
import { createReactor, type Reactor } from "./reactor.ts";
import { createTransactionGossip, type TransactionGossip } from "./transaction-gossip.ts";

/** How soon a node notices work that nothing announces: a heartbeat or a release that is due. */
const WORK_MS = 100;
const TICK_MS = 200;
/** Checkpoint signatures that got lost are noticed within this. */
const DUTY_MS = 1_000;

export interface EngineEvents {
  /** durable; called before anything else happens to the node */
  onCommitted(block: CommittedBlock): void;
  /** Decides and signs nothing more. */
  onHalted(reason: HaltReason): void;
}

/** Consensus and everything that feeds it, running over one home. */
export interface Engine {
  readonly mempool: Mempool;
  readonly syncing: boolean;
  /** of the height being decided; 0 while idle */
  readonly round: number;
  peers(): RpcMethods["net_info"]["result"]["peers"];
  /** Into the mempool and on to peers; returns the id. @throws {CodedError} */
  submit(transaction: Uint8Array): Uint8Array;
  /** @throws {NodeError} `node/port-busy`, `node/cannot-listen` */
  start(): Promise<void>;
  /** Decides and signs nothing more, but still serves what it has to peers. */
  retire(): void;
  stop(): Promise<void>;
}

/** What the engine needs of the things that outlive it. */
export interface EngineHome
  extends Pick<Home, "keys" | "ledger" | "wal" | "signer" | "checkpointKey"> {
  readonly runtime: {
    readonly application: Application;
    readonly queries: Pick<
      Queries,
      "account" | "checkpointsToSign" | "handoversToSign" | "isCandidate"
    >;
  };
}

/** The world around an engine: time, chance, peers, and the rules that it plays by. */
export interface Surroundings {
  readonly clock: Clock;
  /** in [0, 1); nothing that must agree or stay secret hangs on it */
  readonly random: () => number;
  readonly createNetwork: typeof createNetwork;
  readonly step: typeof step;
}

export const SYSTEM_SURROUNDINGS: Surroundings = {
  clock: SYSTEM_CLOCK,
  random: Math.random,
  createNetwork,
  step,
};

export interface EngineComponents {
  readonly home: EngineHome;
  readonly events: EngineEvents;
  readonly logger: Logger;
  readonly meter?: Meter;
  readonly shelf?: SnapshotShelf | undefined;
  /** who is kept out; forgotten with the process if left out */
  readonly bans?: BanBook;
  /** the real ones if left out */
  readonly surroundings?: Surroundings;
}

export function createEngine(config: NodeConfig, components: EngineComponents): Engine {
  return new NodeEngine(config, components);
}

class NodeEngine implements Engine {
  readonly mempool: Mempool;
  readonly #config: NodeConfig;
  readonly #parts: EngineComponents;
  readonly #around: Surroundings;
  readonly #network: Network;
  readonly #driver: Driver;
  readonly #reactor: Reactor;
  readonly #sync: BlockSync;
  readonly #gossip: TransactionGossip;
  readonly #duty: CheckpointDuty | undefined;
  readonly #observers: ReadonlySet<string>;
  /** hex addresses of the set that decides the next height */
  #validators: ReadonlySet<string>;
  #timers: readonly Cancel[] = [];
  /** both end in a look at what waits */
  #pauses: readonly Cancel[] = [];
  #afterCommit: Cancel | undefined;
  #afterSubmit: Cancel | undefined;
  #retired = false;
  #stopped = false;

  constructor(config: NodeConfig, parts: EngineComponents) {
    this.#config = config;
    this.#parts = parts;
    this.#around = parts.surroundings ?? SYSTEM_SURROUNDINGS;
    const { home, logger, meter = SILENT_METER } = parts;
    const { clock, random } = this.#around;
    const { ledger } = home;
    this.#observers = new Set(config.p2p.observers);
    this.#validators = addressesOf(ledger.validators());
    this.mempool = createMempool(config.mempool, {
      application: watchChecks(home.runtime.application, meter),
      isValidator: (address) => this.#validators.has(bytesToHex(address)),
    });
    this.#network = this.#createNetwork();
    const peers = this.#network.peers;
    this.#gossip = createTransactionGossip({
      mempool: this.mempool,
      peers,
      isValidator: ({ id }) => this.#validators.has(id),
      onAdmitted: () => this.#checkWork(),
      clock,
    });
    this.#driver = this.#createDriver();
    this.#sync = createBlockSync({ ledger, driver: this.#driver, clock, random, logger });
    this.#reactor = createReactor({
      ledger,
      driver: this.#driver,
      sync: this.#sync,
      transactions: this.#gossip,
      peers,
      mempoolSize: () => this.mempool.size,
      findTransaction: (name) => this.mempool.find(name),
      clock,
      meter,
      shelf: parts.shelf,
      logger,
    });
    this.#duty = this.#createDuty();
  }

  get syncing(): boolean {
    return this.#sync.syncing;
  }

  get round(): number {
    return this.#driver.state().current?.round ?? 0;
  }

  peers(): RpcMethods["net_info"]["result"]["peers"] {
    return this.#network.peers().map((peer) => ({
      id: peer.id,
      direction: peer.direction,
      height: String(this.#reactor.heightOf(peer)),
      validator: this.#validators.has(peer.id),
    }));
  }

  submit(transaction: Uint8Array): Uint8Array {
    const id = this.mempool.add(transaction);
    this.#gossip.announce(transaction);
    // Not below a client's request: an error of consensus is no answer to it, and must end the node.
    this.#afterSubmit ??= this.#around.clock.soon(() => {
      this.#afterSubmit = undefined;
      this.#checkWork();
    });
    return id;
  }

  async start(): Promise<void> {
    await this.#network.start();
    if (this.#stopped) return;
    // Before anything a peer says can be heard: connections are events of later turns.
    this.#driver.start();
    const { clock } = this.#around;
    this.#timers = [
      clock.every(WORK_MS, () => this.#checkWork()),
      clock.every(TICK_MS, () => this.#reactor.tick()),
      clock.every(DUTY_MS, () => this.#checkDuty()),
    ];
    this.#checkDuty();
  }

  retire(): void {
    this.#retired = true;
    this.#driver.stop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#driver.stop();
    this.#sync.stop();
    this.#gossip.stop();
    for (const cancel of [...this.#timers, ...this.#pauses]) cancel();
    this.#afterCommit?.();
    this.#afterSubmit?.();
    await this.#network.close();
  }

  #checkWork(): void {
    // A node that lags would only propose what nobody waits for.
    if (!this.#sync.syncing) this.#driver.checkWork();
  }

  /** Not while catching up: what is due there was due long ago. */
  #checkDuty(): void {
    if (!this.#retired && !this.#sync.syncing) this.#duty?.check();
  }

  #committed(block: CommittedBlock): void {
    const { ledger } = this.#parts.home;
    this.#parts.events.onCommitted(block);
    this.#reactor.announce();
    const { header } = block.block;
    if (!equalBytes(header.nextValidatorsHash, header.validatorsHash)) {
      this.#validators = addressesOf(ledger.validators());
      this.#network.review();
    }
    // Consensus is in the middle of a step here; what follows from the block waits for its end.
    const { clock } = this.#around;
    this.#afterCommit?.();
    this.#afterCommit = clock.soon(() => this.#checkDuty());
    const { minEmptyIntervalMs } = this.#config.block;
    for (const cancel of this.#pauses) cancel();
    this.#pauses = [this.#driver.pauseMs(), minEmptyIntervalMs].map((pauseMs) =>
      clock.after(pauseMs + 1, () => this.#checkWork()),
    );
  }

  #hears(validator: Uint8Array): boolean {
    const id = bytesToHex(validator);
    return (
      equalBytes(validator, this.#parts.home.keys.address) ||
      this.#network.peers().some((peer) => peer.id === id)
    );
  }

  #createNetwork(): Network {
    const { home, logger, meter, bans } = this.#parts;
    const { host, port, peers } = this.#config.p2p;
    const { secretKey, publicKey } = home.keys;
    const { chainId, genesisHash } = home.ledger;
    const identity: NodeIdentity = {
      secretKey,
      publicKey,
      chainId,
      genesisHash,
      protocolVersion: PROTOCOL_VERSION,
      isAllowed: (key) =>
        this.#validators.has(bytesToHex(addressOf(key))) ||
        this.#observers.has(bytesToHex(key)) ||
        home.runtime.queries.isCandidate(addressOf(key)),
    };
    const events: NetworkEvents = {
      onConnect: (peer) => this.#reactor.onConnect(peer),
      onDisconnect: (peer) => this.#reactor.onDisconnect(peer),
      onMessage: (peer, message) => this.#reactor.onMessage(peer, message),
    };
    return this.#around.createNetwork(
      { host, port, peers, identity },
      { logger, events, ...(meter && { meter }), ...(bans && { bans }) },
    );
  }

  #createDriver(): Driver {
    const { home, events, logger } = this.#parts;
    const { ledger, wal, signer, keys, runtime } = home;
    const { clock } = this.#around;
    const outlet: DriverOutlet = {
      sendVote: (vote) => this.#reactor.sendVote(vote),
      sendProposal: (proposal, block) => this.#reactor.sendProposal(proposal, block),
      requestBlock: (height, blockId) => this.#reactor.requestBlock(height, blockId),
      isConnected: (validator) => this.#hears(validator),
      moved: () => this.#reactor.announce(),
      committed: (block) => this.#committed(block),
      halted: (reason) => {
        this.#retired = true;
        events.onHalted(reason);
      },
    };
    return createDriver(
      { consensus: this.#config.timeouts, self: keys.address, block: this.#config.block },
      {
        ledger,
        application: runtime.application,
        mempool: this.mempool,
        wal,
        signer,
        outlet,
        logger,
        clock,
        step: this.#around.step,
      },
    );
  }

  #createDuty(): CheckpointDuty | undefined {
    const { home, logger } = this.#parts;
    const { checkpointKey, keys, ledger, runtime } = home;
    if (!checkpointKey) return undefined;
    return createCheckpointDuty(
      { chainId: ledger.chainId, account: keys },
      {
        queries: runtime.queries,
        key: checkpointKey,
        mempool: this.mempool,
        announce: (transaction) => {
          this.#gossip.announce(transaction);
          this.#checkWork();
        },
        committedHeight: () => ledger.tip().height,
        logger,
        nowMs: () => this.#around.clock.monotonicMs(),
      },
    );
  }
}

function addressesOf(validators: ValidatorSet): ReadonlySet<string> {
  return new Set(validators.map(({ address }) => bytesToHex(address)));
}
