import {
  addressOf,
  bytesToHex,
  equalBytes,
  PROTOCOL_VERSION,
  type ValidatorSet,
} from "@ropenet/protocol";
import type { Logger } from "pino";
import type { NodeConfig } from "../config.ts";
import type { Home } from "../home.ts";
import { createMempool, type Mempool } from "../mempool.ts";
import type { NodeIdentity } from "../p2p/handshake.ts";
import { createNetwork, type Network, type NetworkEvents } from "../p2p/network.ts";
import type { RpcMethods } from "../rpc/schema.ts";
import { type BlockSync, createBlockSync } from "./block-sync.ts";
import { type CheckpointDuty, createCheckpointDuty } from "./checkpoint-duty.ts";
import { createDriver, type Driver, type DriverOutlet } from "./driver.ts";
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
  onHalted(reason: { readonly height: bigint; readonly detail: string }): void;
}

/** Consensus and everything that feeds it, running over one home. */
export interface Engine {
  readonly mempool: Mempool;
  readonly syncing: boolean;
  peers(): RpcMethods["net_info"]["result"]["peers"];
  /** Into the mempool and on to peers; returns the id. @throws {CodedError} */
  submit(transaction: Uint8Array): Uint8Array;
  /** @throws {NodeError} `node/port-busy`, `node/cannot-listen` */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface EngineComponents {
  readonly home: Home;
  readonly events: EngineEvents;
  readonly logger: Logger;
}

export function createEngine(config: NodeConfig, components: EngineComponents): Engine {
  return new NodeEngine(config, components);
}

class NodeEngine implements Engine {
  readonly mempool: Mempool;
  readonly #config: NodeConfig;
  readonly #parts: EngineComponents;
  readonly #network: Network;
  readonly #driver: Driver;
  readonly #reactor: Reactor;
  readonly #sync: BlockSync;
  readonly #gossip: TransactionGossip;
  readonly #duty: CheckpointDuty | undefined;
  readonly #observers: ReadonlySet<string>;
  /** hex addresses of the set that decides the next height */
  #validators: ReadonlySet<string>;
  #timers: readonly NodeJS.Timeout[] = [];
  /** both end in a look at what waits */
  #pauses: readonly NodeJS.Timeout[] = [];
  #afterCommit: NodeJS.Immediate | undefined;
  #stopped = false;

  constructor(config: NodeConfig, parts: EngineComponents) {
    this.#config = config;
    this.#parts = parts;
    const { home, logger } = parts;
    const { ledger } = home;
    this.#observers = new Set(config.p2p.observers);
    this.#validators = addressesOf(ledger.validators());
    this.mempool = createMempool(config.mempool, {
      application: home.runtime.application,
      isValidator: (address) => this.#validators.has(bytesToHex(address)),
    });
    this.#network = this.#createNetwork();
    const peers = this.#network.peers;
    this.#gossip = createTransactionGossip({
      mempool: this.mempool,
      peers,
      isValidator: ({ id }) => this.#validators.has(id),
      onAdmitted: () => this.#checkWork(),
    });
    this.#driver = this.#createDriver();
    this.#sync = createBlockSync({ ledger, driver: this.#driver, logger });
    this.#reactor = createReactor({
      ledger,
      driver: this.#driver,
      sync: this.#sync,
      transactions: this.#gossip,
      peers,
      mempoolSize: () => this.mempool.size,
      logger,
    });
    this.#duty = this.#createDuty();
  }

  get syncing(): boolean {
    return this.#sync.syncing;
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
    this.#checkWork();
    return id;
  }

  async start(): Promise<void> {
    await this.#network.start();
    if (this.#stopped) return;
    // Before anything a peer says can be heard: connections are events of later turns.
    this.#driver.start();
    this.#timers = [
      setInterval(() => this.#checkWork(), WORK_MS),
      setInterval(() => this.#reactor.tick(), TICK_MS),
      setInterval(() => this.#checkDuty(), DUTY_MS),
    ];
    this.#checkDuty();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#driver.stop();
    this.#sync.stop();
    this.#gossip.stop();
    for (const timer of this.#timers) clearInterval(timer);
    for (const timer of this.#pauses) clearTimeout(timer);
    clearImmediate(this.#afterCommit);
    await this.#network.close();
  }

  #checkWork(): void {
    // A node that lags would only propose what nobody waits for.
    if (!this.#sync.syncing) this.#driver.checkWork();
  }

  /** Not while catching up: what is due there was due long ago. */
  #checkDuty(): void {
    if (!this.#sync.syncing) this.#duty?.check();
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
    clearImmediate(this.#afterCommit);
    this.#afterCommit = setImmediate(() => this.#checkDuty());
    const { minIntervalMs, minEmptyIntervalMs } = this.#config.block;
    for (const timer of this.#pauses) clearTimeout(timer);
    this.#pauses = [minIntervalMs, minEmptyIntervalMs].map((pauseMs) =>
      setTimeout(() => this.#checkWork(), pauseMs + 1),
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
    const { home, logger } = this.#parts;
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
    return createNetwork({ host, port, peers, identity }, { logger, events });
  }

  #createDriver(): Driver {
    const { home, events, logger } = this.#parts;
    const { ledger, wal, signer, keys, runtime } = home;
    const outlet: DriverOutlet = {
      sendVote: (vote) => this.#reactor.sendVote(vote),
      sendProposal: (proposal, block) => this.#reactor.sendProposal(proposal, block),
      requestBlock: (height, blockId) => this.#reactor.requestBlock(height, blockId),
      isConnected: (validator) => this.#hears(validator),
      moved: () => this.#reactor.announce(),
      committed: (block) => this.#committed(block),
      halted: events.onHalted,
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
        nowMs: () => BigInt(Date.now()),
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
        nowMs: Date.now,
      },
    );
  }
}

function addressesOf(validators: ValidatorSet): ReadonlySet<string> {
  return new Set(validators.map(({ address }) => bytesToHex(address)));
}
