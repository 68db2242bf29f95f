import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { CommittedBlock } from "../engine/ledger.ts";
import type { Meter } from "./meter.ts";
import { createTraffic, type Traffic } from "./traffic.ts";

/** What a scrape reads at its own moment. */
export interface MetricSources {
  readonly height: () => number;
  /** of the height that is being decided; 0 while idle */
  readonly round: () => number;
  readonly syncing: () => boolean;
  readonly peers: () => number;
  readonly bannedPeers: () => number;
  readonly mempoolTransactions: () => number;
  readonly mempoolBytes: () => number;
}

/** Everything this node counts, as Prometheus reads it. One registry per node: tests run several in one process. */
export interface NodeMetrics extends Meter {
  readonly contentType: string;
  readonly traffic: Traffic;
  readonly transactions: number;
  /** Begins to answer for the gauges; before, they are absent. */
  watch(sources: MetricSources): void;
  text(): Promise<string>;
  names(): readonly string[];
  /** 99th percentile since the last call, in milliseconds */
  loopLagMs(): number;
  close(): void;
}

const FSYNC_BUCKETS = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1];
const FINALITY_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const BLOCK_BUCKETS = [1e3, 1e4, 5e4, 1e5, 2.5e5, 5e5, 1e6, 2e6, 4e6];
const LOOP_RESOLUTION_MS = 10;
const NANOS_PER_MS = 1e6;

export function createMetrics(): NodeMetrics {
  const registry = new Registry();
  const registers = [registry];
  const instruments = createInstruments(registers);
  const traffic = createTraffic();
  // Two histograms: a scrape must not empty what the history samples, nor the other way round.
  const scraped = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  const sampled = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  scraped.enable();
  sampled.enable();
  let transactions = 0;

  new Gauge({
    name: "ropenet_event_loop_lag_p99_seconds",
    help: "99th percentile since the last scrape",
    registers,
    collect(): void {
      this.set(scraped.percentile(99) / NANOS_PER_MS / 1_000);
      scraped.reset();
    },
  });
  new Gauge({
    name: "ropenet_process_resident_memory_bytes",
    help: "Resident memory of the process",
    registers,
    collect(): void {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: "ropenet_process_cpu_seconds",
    help: "CPU time of the process, user and system, since it began",
    registers,
    collect(): void {
      const { user, system } = process.cpuUsage();
      this.set((user + system) / 1e6);
    },
  });

  return {
    contentType: registry.contentType,
    traffic,
    get transactions(): number {
      return transactions;
    },
    watch: (sources) => createGauges(registers, sources),
    text: () => registry.metrics(),
    names: () => registry.getMetricsAsArray().map(({ name }) => name),
    loopLagMs(): number {
      const lag = sampled.percentile(99) / NANOS_PER_MS;
      sampled.reset();
      return lag;
    },
    close(): void {
      scraped.disable();
      sampled.disable();
      registry.clear();
    },
    walSynced: (durationMs) => instruments.walSync.observe(durationMs / 1_000),
    stored(durationMs, operations): void {
      instruments.storeBatch.observe(durationMs / 1_000);
      instruments.storeOperations.inc(operations);
    },
    sent(lane, bytes): void {
      traffic.sent(lane, bytes);
      instruments.sentBytes.inc({ lane }, bytes);
    },
    received(lane, bytes): void {
      traffic.received(lane, bytes);
      instruments.receivedBytes.inc({ lane }, bytes);
    },
    verified: (kind, ok) =>
      instruments.verifications.inc({ kind, result: ok ? "accepted" : "refused" }),
    committed(block, syncing): void {
      transactions += block.block.transactions.length;
      observeBlock(instruments, block, syncing);
    },
    peerLost: (code) => instruments.peersLost.inc({ code }),
    rpcRefused: (code) => instruments.rpcRefusals.inc({ code }),
  };
}

function observeBlock(
  instruments: Instruments,
  { block, blockBytes, commit, result }: CommittedBlock,
  syncing: boolean,
): void {
  instruments.blocks.inc();
  instruments.blockBytes.observe(blockBytes.length);
  instruments.rounds.observe(commit.round);
  const failed = result.transactions.filter(({ code }) => code !== undefined).length;
  instruments.transactions.inc({ result: "succeeded" }, result.transactions.length - failed);
  instruments.transactions.inc({ result: "failed" }, failed);
  // A synced block was final long ago; its age says nothing about consensus.
  if (syncing) return;
  instruments.finality.observe(Math.max(0, Date.now() - Number(block.header.timeMs)) / 1_000);
}

type Instruments = ReturnType<typeof createInstruments>;

function createInstruments(registers: Registry[]) {
  const lanes = ["lane"] as const;
  return {
    walSync: new Histogram({
      name: "ropenet_wal_fsync_seconds",
      help: "Time of one fsync of the consensus log",
      buckets: FSYNC_BUCKETS,
      registers,
    }),
    storeBatch: new Histogram({
      name: "ropenet_store_batch_seconds",
      help: "Time of one durable batch of the store",
      buckets: FSYNC_BUCKETS,
      registers,
    }),
    storeOperations: new Counter({
      name: "ropenet_store_operations_total",
      help: "Keys written or deleted",
      registers,
    }),
    sentBytes: new Counter({
      name: "ropenet_p2p_sent_bytes_total",
      help: "Bytes of messages queued for peers",
      labelNames: lanes,
      registers,
    }),
    receivedBytes: new Counter({
      name: "ropenet_p2p_received_bytes_total",
      help: "Bytes of messages that peers sent",
      labelNames: lanes,
      registers,
    }),
    verifications: new Counter({
      name: "ropenet_verifications_total",
      help: "Checked transactions, votes and proposals of others",
      labelNames: ["kind", "result"] as const,
      registers,
    }),
    blocks: new Counter({
      name: "ropenet_blocks_total",
      help: "Blocks committed by this process",
      registers,
    }),
    blockBytes: new Histogram({
      name: "ropenet_block_bytes",
      help: "Size of a committed block",
      buckets: BLOCK_BUCKETS,
      registers,
    }),
    rounds: new Histogram({
      name: "ropenet_commit_round",
      help: "Round in which a block was decided; 0 is the best",
      buckets: [0, 1, 2, 3, 5, 10],
      registers,
    }),
    transactions: new Counter({
      name: "ropenet_transactions_total",
      help: "Transactions of committed blocks",
      labelNames: ["result"] as const,
      registers,
    }),
    finality: new Histogram({
      name: "ropenet_finality_seconds",
      help: "From the time in a block's header to its commit here; includes what clocks differ by",
      buckets: FINALITY_BUCKETS,
      registers,
    }),
    peersLost: new Counter({
      name: "ropenet_peers_lost_total",
      help: "Connections that ended, by the stable code of why",
      labelNames: ["code"] as const,
      registers,
    }),
    rpcRefusals: new Counter({
      name: "ropenet_rpc_refusals_total",
      help: "Requests refused before they reached a method, by stable code",
      labelNames: ["code"] as const,
      registers,
    }),
  };
}

function createGauges(registers: Registry[], sources: MetricSources): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect(): void {
        this.set(read());
      },
    });
  };
  gauge("ropenet_height", "Last committed height", sources.height);
  gauge("ropenet_round", "Round of the height being decided", sources.round);
  gauge("ropenet_syncing", "1 while more than one height behind", () =>
    sources.syncing() ? 1 : 0,
  );
  gauge("ropenet_peers", "Connected peers", sources.peers);
  gauge("ropenet_peers_banned", "Node keys kept out at present", sources.bannedPeers);
  gauge(
    "ropenet_mempool_transactions",
    "Transactions that wait for a block",
    sources.mempoolTransactions,
  );
  gauge("ropenet_mempool_bytes", "Their bytes", sources.mempoolBytes);
}
